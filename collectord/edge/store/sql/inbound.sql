-- Calls that come in. Who is rung and what follows is core/telephony/inbound's.

-- name: last_called(number, companies, since, now)^
-- Whom we called at this number for one of these companies, last.
select company, debtor_no, agent from attempt
 where number = :number and company in (select value from json_each(:companies)) and dialled_at >= :since and dialled_at <= :now
 order by dialled_at desc, id desc limit 1;

-- name: held(company, debtor_no, number)$
select exists (select 1 from attempt
                where state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'unknown')
                  and (company = :company and debtor_no = :debtor_no or number = :number));

-- name: debtors_at(number, companies)
-- Debtors of these companies who have this number and owe something.
select distinct n.company, n.debtor_no from debtor_number n
 where n.e164 = :number and n.company in (select value from json_each(:companies))
   and exists (select 1 from item i where i.company = n.company and i.debtor_no = n.debtor_no and i.state = 'open' and i.open_amount > 0)
 limit 20;

-- name: has_attempt(id)^
select 1 as yes from attempt where id = :id;

-- name: note_unreached(id, at, called, caller)!
-- Who keyed what was wanted needs nobody any more.
insert into unreached_caller (id, at, called, caller, done_at, done_by)
select :id, :at, :called, :caller, case when served then :at end, case when served then 'self-service' else '' end
  from (select exists (select 1 from self_service where id = :id and served <> '') as served)
 where true on conflict (id) do nothing;

-- name: forget_unreached(before, most)!
-- What is too old, and of a flood all but the latest.
delete from unreached_caller
 where at < :before or id in (select id from unreached_caller order by at desc, id limit -1 offset :most);

-- name: unreached(most)
-- One line a number, the latest first, and who may be meant: debtors who have it.
select u.caller, max(u.at) as last_at, min(u.at) as first_at, count(*) as calls, max(u.called) as called,
       (select json_group_array(who) from
         (select distinct case company when '' then debtor_no else company || '/' || debtor_no end as who
            from debtor_number where e164 = u.caller order by who limit 10)) as debtors,
       (select count(*) from self_service s where s.caller = u.caller and s.matched = 0) as wrong_pairs
  from unreached_caller u where u.done_at is null
 group by u.caller order by last_at desc, u.caller limit :most;

-- name: unreached_count$
select count(distinct caller) as n from unreached_caller where done_at is null;

-- name: look_after(caller, at, by)!
update unreached_caller set done_at = :at, done_by = :by where caller = :caller and done_at is null;

-- name: todays_calls(company, debtor_no, until)
select id from task
 where company = :company and debtor_no = :debtor_no and medium = 'call' and state in ('planned', 'ready') and not_before < :until
 order by not_before, id;

-- name: hand_to(id, agent, endpoint)!
-- The next phone rings; only while nobody has taken the call.
update attempt set agent = :agent, endpoint = :endpoint
 where id = :id and mode = 'inbound' and state = 'ringing_agent' and agent_answered_at is null;

-- name: hand_over(id, agent, endpoint, begun_by, deadline_at)!
update attempt set agent = :agent, endpoint = :endpoint, begun_by = :begun_by, deadline_at = :deadline_at
 where id = :id and state <> 'closed';
