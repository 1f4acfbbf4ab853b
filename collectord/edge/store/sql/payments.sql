-- Bank lines and what they are taken to pay. Finds candidates by number, name, account and amount; which of them is meant is decided in core.

-- name: known_ids(ids)
select id from payment where id in (select value from json_each(:ids));

-- name: item_hits(keys, most)
-- Debtors with an item of one of these numbers, written as core/receivables/remittance.number_key writes them. One pass over the items for
-- a whole statement; a number that more than :most items have tells nothing.
with hit as materialized (
  select key, company, debtor_no from (
    select ltrim(upper(replace(replace(replace(replace(replace(replace(replace(replace(item_no, ' ', ''), '-', ''), '/', ''), '.', ''), '_', ''), ',', ''), ':', ''), '#', '')), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0') as key,
           company, debtor_no from item)
   where key in (select value from json_each(:keys)))
select distinct key, company, debtor_no from hit where key in (select key from hit group by key having count(*) <= :most);

-- name: debtor_hits(keys, most)
with hit as materialized (
  select key, company, debtor_no from (
    select ltrim(upper(replace(replace(replace(replace(replace(replace(replace(replace(debtor_no, ' ', ''), '-', ''), '/', ''), '.', ''), '_', ''), ',', ''), ':', ''), '#', '')), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0') as key,
           company, debtor_no from debtor)
   where key in (select value from json_each(:keys)))
select key, company, debtor_no from hit where key in (select key from hit group by key having count(*) <= :most);

-- name: account_hits(accounts)
-- Whom confirmed payments from these accounts were for.
select distinct p.payer_account as account, m.company, m.debtor_no
  from payment p join payment_match m on m.payment_id = p.id
 where p.payer_account in (select value from json_each(:accounts)) and p.state = 'confirmed' and p.kind = 'payment';

-- name: amount_hits(amounts, most)
-- Debtors with an open item of exactly one of these amounts, where few have one.
with hit as materialized (
  select open_amount as amount, currency, company, debtor_no from item
   where state = 'open' and open_amount in (select value from json_each(:amounts)))
select distinct h.amount, h.currency, h.company, h.debtor_no from hit h
 where h.amount in (select amount from hit group by amount having count(*) <= :most);

-- name: names_from(company, debtor_no, size)
-- A stretch of debtors in key order, from :company/:debtor_no (exclusive) on.
select company, debtor_no, debtor_name from debtor
 where (company, debtor_no) > (:company, :debtor_no) order by company, debtor_no limit :size;

-- name: owed_by(keys, since)
-- What these debtors owe, and what was cleared since a day with what it fell by last: a debit that came back is about one of those.
select i.company, i.debtor_no, d.debtor_name, i.item_no, i.open_amount, i.currency, i.due_on, i.discount_until, i.state,
       case when i.payment_method <> '' then i.payment_method else d.payment_method end as payment_method,
       case when i.state = 'open' then 0 else coalesce((select c.amount from clearing c
          where c.company = i.company and c.debtor_no = i.debtor_no and c.item_no = i.item_no and c.amount > 0
          order by c.as_of desc limit 1), 0) end as fell
  from json_each(:keys) k
  join item i on i.company = json_extract(k.value, '$[0]') and i.debtor_no = json_extract(k.value, '$[1]')
  join debtor d on d.company = i.company and d.debtor_no = i.debtor_no
 where i.state = 'open' or i.cleared_as_of >= :since;

-- name: add_payment()*!
insert into payment (id, batch_id, source, seen_at, company, booked_on, value_on, amount, currency, kind, payer, payer_account, reference,
                     end_to_end, state, debtor_no, item_no)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (id) do nothing;

-- name: add_match()*!
insert into payment_match (payment_id, company, debtor_no, item_no, amount, how) values (?, ?, ?, ?, ?, ?)
on conflict (payment_id, company, debtor_no, item_no) do nothing;

-- name: nobodys(since, now)
-- Payments that fitted nobody, or several, and that no list has answered.
select * from payment
 where state in ('unmatched', 'ambiguous') and kind = 'payment' and settled_by = '' and booked_on >= :since and seen_at <= :now order by id;

-- name: drop_matches(ids)!
delete from payment_match where payment_id in (
  select id from payment where id in (select value from json_each(:ids)) and state in ('unmatched', 'ambiguous') and settled_by = '');

-- name: set_state()*!
update payment set state = ? where id = ? and state in ('unmatched', 'ambiguous') and settled_by = '';

-- name: add_match_anew()*!
insert into payment_match (payment_id, company, debtor_no, item_no, amount, how)
select p.id, ?, ?, ?, ?, ? from payment p where p.id = ? and p.state in ('unmatched', 'ambiguous') and p.settled_by = ''
on conflict (payment_id, company, debtor_no, item_no) do nothing;

-- name: reopen_item(company, debtor_no, item_no, amount, booked_on, today)!
-- A cleared item whose collection came back after that. Its source's next snapshot says for good whether it is owed.
update item_version
   set state = 'open', open_amount = :amount, opened_as_of = :today, changed_as_of = :today, cleared_as_of = null, digest = '', doubtful = 0
 where company = :company and debtor_no = :debtor_no and item_no = :item_no and state = 'cleared' and cleared_as_of <= :booked_on
   and since <= (select number from visible) and until > (select number from visible);

-- name: seen(company, debtor_no, now, since, answered_since)
-- Lines that concern the debtor, one row per item: those that no newer list has answered, and those answered that came after :answered_since.
select p.id, p.booked_on, p.seen_at, p.amount, p.currency, p.source, p.state, m.item_no
  from payment_match m join payment p on p.id = m.payment_id
 where m.company = :company and m.debtor_no = :debtor_no and p.seen_at <= :now and p.seen_at > :since
   and (p.settled_by = '' or p.seen_at > :answered_since or exists (select 1 from batch b where b.id = p.settled_by and b.decided_at > :now))
 order by p.booked_on, p.id, m.item_no;

-- name: told(ids, company, debtor_no, now, today)
-- Up to which day each source's snapshots accepted after a line know bookings; of a source that lists cover, all of those lists. A batch
-- without scope is complete for everything of its source. A list that does not say up to when it is booked may have been drawn before the
-- bookings of its own day: it knows those of the day before. (date(…, '-1 day'): PostgreSQL's ::date - 1.)
select id, source, min(until_on) as until_on from (
  select p.id, used.source,
         (select max(coalesce(b.booked_until, date(b.as_of, '-1 day'))) from batch b
           where b.source = used.list and b.status = 'accepted' and b.seq > s.seq and b.mode = 'snapshot' and b.decided_at <= :now and b.as_of <= :today
             and (exists (select 1 from batch_scope c where c.batch_id = b.id and c.company in ('*', :company))
                  or not exists (select 1 from batch_scope c where c.batch_id = b.id))) as until_on
    from payment p
    join batch s on s.id = p.batch_id
    join (select distinct i.source, coalesce(l.covered_by, i.source) as list
            from item i left join covering l on l.company = i.company and l.source = i.source
             and (l.from_no = '' or (length(i.debtor_no) = length(l.from_no) and i.debtor_no between l.from_no and l.to_no))
           where i.company = :company and i.debtor_no = :debtor_no) used
   where p.id in (select value from json_each(:ids)))
 group by id, source having count(*) = count(until_on);

-- name: unsettled(now, since, today)
-- Lines older than the newest list that none has answered yet, a row per item concerned: what the lists since say of it, those of its source
-- or those that cover it.
select p.id, p.booked_on, p.state, p.kind, i.state as item_state,
       (select case when count(*) = count(until_on) then min(until_on) end from (
          select (select max(coalesce(b.booked_until, date(b.as_of, '-1 day'))) from batch b
                   where b.source = u.list and b.status = 'accepted' and b.seq > s.seq and b.mode = 'snapshot' and b.decided_at <= :now
                     and b.as_of <= :today
                     and (exists (select 1 from batch_scope c where c.batch_id = b.id and c.company in ('*', i.company))
                          or not exists (select 1 from batch_scope c where c.batch_id = b.id))) as until_on
            from (select coalesce(l.covered_by, i.source) as list from (select 1) left join covering l on l.company = i.company
                     and l.source = i.source
                     and (l.from_no = '' or (length(i.debtor_no) = length(l.from_no) and i.debtor_no between l.from_no and l.to_no))) u
       )) as told_until,
       (select b.id from batch b
         where b.source in (select i.source union all select l.covered_by from covering l where l.company = i.company and l.source = i.source)
           and b.status = 'accepted' and b.seq > s.seq and b.mode = 'snapshot'
           and b.decided_at <= :now and b.as_of <= :today order by b.seq desc limit 1) as told_by,
       coalesce((select sum(c.amount) from clearing c join batch cb on cb.id = c.batch_id
                  where c.company = i.company and c.debtor_no = i.debtor_no and c.item_no = i.item_no and cb.seq > s.seq), 0) as fell
  from payment p
  join batch s on s.id = p.batch_id
  join payment_match m on m.payment_id = p.id
  join item i on i.company = m.company and i.debtor_no = m.debtor_no
   and (i.item_no = m.item_no
        or (m.item_no = '' and (i.state = 'open' or exists (
            select 1 from clearing c join batch cb on cb.id = c.batch_id
             where c.company = i.company and c.debtor_no = i.debtor_no and c.item_no = i.item_no and cb.seq > s.seq))))
 where p.settled_by = '' and p.state in ('matched', 'ambiguous') and p.seen_at <= :now and p.seen_at > :since
   and s.seq < (select max(n.seq) from batch n where n.status = 'accepted' and n.mode = 'snapshot' and n.decided_at <= :now)
 order by p.id;

-- name: settle()*!
update payment set state = ?, settled_by = ? where id = ? and settled_by = '';

-- name: listed(company, debtor_no, state, now, limit)
-- As known at :now: what a later snapshot confirmed was matched then.
select p.*, case when p.settled_by <> '' and exists (select 1 from batch b where b.id = p.settled_by and b.decided_at > :now)
                 then case when p.state = 'confirmed' then 'matched' else p.state end
                 when p.settled_by <> '' and p.state <> 'confirmed' then 'still_open' else p.state end as state_then
  from payment p
 where p.seen_at <= :now
   and (:debtor_no is null or exists (select 1 from payment_match m where m.payment_id = p.id and m.company = :company and m.debtor_no = :debtor_no))
   and (:state is null or :state = case when p.settled_by <> '' and exists (select 1 from batch b where b.id = p.settled_by and b.decided_at > :now)
                 then case when p.state = 'confirmed' then 'matched' else p.state end
                 when p.settled_by <> '' and p.state <> 'confirmed' then 'still_open' else p.state end)
 order by p.booked_on desc, p.id limit :limit;

-- name: matches_of(ids)
select * from payment_match where payment_id in (select value from json_each(:ids)) order by payment_id, company, debtor_no, item_no;

-- name: said_paid_in_vain(now, since, today)
-- Talks that yielded "paid already", with each item they were about that is still open, and since when neither a bank line came nor a fall.
with said as materialized (
  select company, debtor_no, coalesce(ended_at, placed_at) as at, items from attempt
   where disposition = 'paid_already' and placed_at <= :now and placed_at >= :since
  union all
  select company, debtor_no, at, items from contact where disposition = 'paid_already' and at <= :now and at >= :since)
select s.company, s.debtor_no, max(s.at) as at, i.item_no, i.open_amount, i.currency
  from said s join item i on i.company = s.company and i.debtor_no = s.debtor_no
 where i.state = 'open' and i.open_amount > 0 and i.opened_as_of <= :today
   and (s.items = '' or instr('|' || s.items || '|', '|' || i.item_no || '|') > 0)
   and not exists (select 1 from payment_match m join payment p on p.id = m.payment_id
                    where m.company = s.company and m.debtor_no = s.debtor_no and m.item_no in (i.item_no, '') and p.amount > 0
                      and p.seen_at > s.at and p.seen_at <= :now)
   and not exists (select 1 from clearing c join batch b on b.id = c.batch_id
                    where c.company = s.company and c.debtor_no = s.debtor_no and c.item_no = i.item_no and c.amount > 0
                      and b.decided_at > s.at and b.decided_at <= :now)
 group by s.company, s.debtor_no, i.item_no, i.open_amount, i.currency
 order by at, s.company, s.debtor_no, i.item_no;
