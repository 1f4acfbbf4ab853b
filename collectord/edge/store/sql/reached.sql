-- Calls and whether they reached anybody. Which of them tells something is core/telephony/best_time's.

-- name: calls_since(since, now)
-- Ours, and those made elsewhere.
select a.company, a.debtor_no, a.dialled_at as at, a.result, a.disposition, 0 as third_party,
       (select d.person_type || '|' || d.time_zone from debtor d where d.company = a.company and d.debtor_no = a.debtor_no) as debtor
  from attempt a
 where a.dialled_at >= :since and a.dialled_at <= :now and a.mode <> 'inbound'
union all
select c.company, c.debtor_no, c.at, c.result, c.disposition, c.third_party,
       (select d.person_type || '|' || d.time_zone from debtor d where d.company = c.company and d.debtor_no = c.debtor_no) as debtor
  from contact c
 where c.medium = 'call' and c.direction = 'outbound' and c.at >= :since and c.at <= :now;

-- name: calls_of(since, now, keys)
-- Of single debtors: :keys is JSON, [["company", "debtor_no"], ...].
select a.company, a.debtor_no, a.dialled_at as at, a.result, a.disposition, 0 as third_party
  from json_each(:keys) k cross join attempt a
 where a.company = json_extract(k.value, '$[0]') and a.debtor_no = json_extract(k.value, '$[1]') and a.dialled_at >= :since
   and a.dialled_at <= :now and a.mode <> 'inbound'
union all
select c.company, c.debtor_no, c.at, c.result, c.disposition, c.third_party
  from json_each(:keys) k cross join contact c
 where c.company = json_extract(k.value, '$[0]') and c.debtor_no = json_extract(k.value, '$[1]') and c.medium = 'call'
   and c.direction = 'outbound' and c.at >= :since and c.at <= :now;
