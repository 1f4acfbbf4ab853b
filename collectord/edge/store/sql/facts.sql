-- Everything the gate reads about one debtor, and what humans teach. Decides nothing: rows in, rows out.

-- name: items(company, debtor_no, now, today)
-- As they stood on :today: what newer batches cleared is open again, what they paid down is owed again.
select i.*, i.doubtful between 1 and cast(replace(:today, '-', '') as integer) as in_doubt,
       coalesce((select sum(c.amount) from clearing c
                  where c.company = i.company and c.debtor_no = i.debtor_no and c.item_no = i.item_no and c.as_of > :today), 0) as paid_later,
       (select max(p.booked_on) from payment_match m join payment p on p.id = m.payment_id
         where m.company = i.company and m.debtor_no = i.debtor_no and m.item_no = i.item_no and p.kind = 'return' and p.state <> 'ambiguous'
           and p.seen_at <= :now) as returned_on
  from item i
 where i.company = :company and i.debtor_no = :debtor_no and i.opened_as_of <= :today
   and (i.state = 'open' or i.cleared_as_of > :today)
 order by i.due_on, i.item_no;

-- name: sources(company, debtor_no, today)
-- Each source of what is owed (of the debtor itself where nothing is, or a file is held) with the last snapshot that covered the debtor's company. Of one that lists cover, those lists; a held file of either counts.
with owing as (
  select source from item
   where company = :company and debtor_no = :debtor_no and opened_as_of <= :today and (state = 'open' or cleared_as_of > :today)
), named as (
  select source from owing
  union
  select d.source from debtor d
   where d.company = :company and d.debtor_no = :debtor_no
     and (not exists (select 1 from owing)
          or exists (select 1 from batch h where h.source = d.source and h.status = 'held' and h.as_of <= :today))
), used as (
  select n.source as named, coalesce(l.covered_by, n.source) as source
    from named n left join covering l on l.company = :company and l.source = n.source
     and (l.from_no = '' or (length(:debtor_no) = length(l.from_no) and :debtor_no between l.from_no and l.to_no))
)
select u.source, case when c.fresh_as_of <= :today then c.fresh_as_of else c.as_of end as fresh_as_of, c.booked_until,
       (select group_concat(h.file, '|') from batch h
         where (h.source = u.source or h.source in (select x.named from used x where x.source = u.source))
           and h.status = 'held' and h.as_of <= :today) as held
  from (select distinct source from used) u
  left join batch c on c.id = (
       select b.id from batch b
        where b.source = u.source and b.status = 'accepted' and b.mode = 'snapshot' and b.as_of <= :today
          and (not exists (select 1 from batch_scope s where s.batch_id = b.id)
               or exists (select 1 from batch_scope s where s.batch_id = b.id and s.company in (:company, '*')))
        order by b.seq desc limit 1)
 order by u.source;

-- name: rejected_rows(company, debtor_no, today)
-- Rows that hold until a newer snapshot of their source, or of a list that covers it, is accepted for their company.
select r.source, r.line, r.column_name, r.value, r.reason
  from row_reject r join batch b on b.id = r.batch_id
 where r.company = :company and r.debtor_no = :debtor_no and b.status = 'accepted' and b.as_of <= :today and r.settled_by = ''
   and not exists (select 1 from batch n
                    where n.status = 'accepted' and n.mode = 'snapshot' and n.seq > b.seq and n.as_of between b.as_of and :today
                      and n.source in (select b.source union all
                                       select l.covered_by from covering l where l.company = r.company and l.source = b.source)
                      and (not exists (select 1 from batch_scope s where s.batch_id = n.id)
                           or exists (select 1 from batch_scope s where s.batch_id = n.id and s.company in (r.company, '*'))))
 order by b.seq, r.line;

-- name: attempts(company, debtor_no, since, now)
select a.*, 1 as own from attempt a
 where a.company = :company and a.debtor_no = :debtor_no and a.placed_at <= :now
   and (a.placed_at >= :since or a.disposition in ('do_not_call', 'wrong_number')
        or a.state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'wrap_up', 'unknown'))
union all
select a.*, 0 as own from attempt a
 where a.number in (select n.e164 from debtor_number n where n.company = :company and n.debtor_no = :debtor_no and n.e164 <> '')
   and not (a.company = :company and a.debtor_no = :debtor_no) and a.placed_at <= :now
   and (a.placed_at >= :since or a.state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'wrap_up', 'unknown'));

-- name: contacts(company, debtor_no, since, now)
select c.*, 1 as own from contact c
 where c.company = :company and c.debtor_no = :debtor_no and c.at <= :now
   and (c.at >= :since or c.disposition in ('do_not_call', 'wrong_number'))
union all
select c.*, 0 as own from contact c
 where c.number in (select n.e164 from debtor_number n where n.company = :company and n.debtor_no = :debtor_no and n.e164 <> '')
   and not (c.company = :company and c.debtor_no = :debtor_no) and c.at <= :now and c.at >= :since;

-- name: facts(company, debtor_no, now)
select * from fact
 where company = :company and debtor_no = :debtor_no and at <= :now and (revoked_at is null or revoked_at > :now)
 order by at, id;

-- name: blocked_elsewhere(company, debtor_no, now)
-- This debtor's numbers that were blocked for another debtor: the same telephone would ring. Why is the other one's affair.
select f.id, f.at, :company as company, :debtor_no as debtor_no, f.kind, f.value, '' as reason, f.actor, '' as attempt_id, f.until_on,
       '' as owner, null as answer_by
  from fact f
 where f.kind = 'number_blocked' and not (f.company = :company and f.debtor_no = :debtor_no) and f.at <= :now
   and (f.revoked_at is null or f.revoked_at > :now)
   and f.value in (select n.e164 from debtor_number n where n.company = :company and n.debtor_no = :debtor_no and n.e164 <> '')
union all
-- Somebody who shares the telephone does not want to be called: the same person, or one who would hear it ring.
select f.id, f.at, :company, :debtor_no, 'number_blocked', mine.e164, '', f.actor, '', f.until_on, '', null
  from debtor_number mine
  join debtor_number theirs on theirs.e164 = mine.e164 and not (theirs.company = mine.company and theirs.debtor_no = mine.debtor_no)
  join fact f on f.company = theirs.company and f.debtor_no = theirs.debtor_no and f.kind = 'do_not_call'
 where mine.company = :company and mine.debtor_no = :debtor_no and mine.e164 <> '' and f.at <= :now
   and (f.revoked_at is null or f.revoked_at > :now)
 order by 2, 1;

-- name: promises(company, debtor_no, now)
select * from promise
 where company = :company and debtor_no = :debtor_no and made_at <= :now and (state = 'open' or judged_at > :now)
 order by promised_on, id;

-- name: callbacks(company, debtor_no, now)
-- missed: made by calls from the debtor's number that nobody took, and by no callback that was agreed before them.
with recursive back (id, origin, made_by) as (
  select id, origin, made_by from task
   where company = :company and debtor_no = :debtor_no and origin = 'callback' and state in ('planned', 'ready', 'leased', 'in_call')
), chain (back, origin, made_by) as (
  select id, origin, made_by from back
  union
  select c.back, t.origin, t.made_by from chain c
    join attempt a on a.id = c.made_by and a.mode = 'inbound' and a.result = 'not_dialled'
    join task t on t.id = a.task_id
)
select id, not_before, created_at, agent,
       not exists (select 1 from chain c where c.back = task.id and c.origin = 'callback'
                    and not exists (select 1 from attempt a where a.id = c.made_by and a.mode = 'inbound' and a.result = 'not_dialled'))
       as missed
  from task
 where company = :company and debtor_no = :debtor_no and origin = 'callback' and state in ('planned', 'ready', 'leased', 'in_call')
   and created_at <= :now
 order by not_before, id;

-- name: debtor_keys(debtor_no)
select company, debtor_no from debtor where debtor_no = :debtor_no order by company;

-- name: add_fact(id, at, company, debtor_no, kind, value, reason, actor, attempt_id, until_on, owner, answer_by)!
insert into fact (id, at, company, debtor_no, kind, value, reason, actor, attempt_id, until_on, owner, answer_by)
values (:id, :at, :company, :debtor_no, :kind, :value, :reason, :actor, :attempt_id, :until_on, :owner, :answer_by)
on conflict (id) do nothing;

-- name: revoke_fact(id, at)!
update fact set revoked_at = :at where id = :id and revoked_at is null;

-- name: add_contact(digest, at, company, debtor_no, medium, items, number, direction, result, conversation_about, consent_until, consent_on, third_party, disposition, note)!
insert into contact (digest, at, company, debtor_no, medium, items, number, direction, result, conversation_about, consent_until, consent_on,
                     third_party, disposition, note)
values (:digest, :at, :company, :debtor_no, :medium, :items, :number, :direction, :result, :conversation_about, :consent_until, :consent_on,
        :third_party, :disposition, :note)
on conflict (digest) do nothing;

-- name: add_happening(id, at, kind, company, debtor_no, actor, sentence)!
insert into happening (id, at, kind, company, debtor_no, actor, sentence)
values (:id, :at, :kind, :company, :debtor_no, :actor, :sentence);
