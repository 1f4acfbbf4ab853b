-- Holes in the data. Each query is one hole: a row a case (company, debtor_no, what), of debtors with something open; nothing later than :now or
-- :today. edge/store/quality counts them; `own` and `currency` stand where the case has money of its own instead of its debtor's.
-- Measured with 1,000,000 open items of 250,000 debtors: no hole takes longer than two seconds.

-- name: no_dialable_number(today)
select d.company, d.debtor_no, d.debtor_name as what from debtor d
 where exists (select 1 from item i where i.company = d.company and i.debtor_no = d.debtor_no and i.state = 'open' and i.opened_as_of <= :today)
   and not exists (select 1 from debtor_number n where n.company = d.company and n.debtor_no = d.debtor_no and n.e164 <> '');

-- name: invalid_number(today)
select n.company, n.debtor_no, n.raw || ' ' || n.problem as what from debtor_number n
 where n.problem <> ''
   and exists (select 1 from item i where i.company = n.company and i.debtor_no = n.debtor_no and i.state = 'open' and i.opened_as_of <= :today);

-- name: shared_number(today)
with shared as materialized (
  select e164 from debtor_number where e164 <> '' group by e164 having min(company || '/' || debtor_no) <> max(company || '/' || debtor_no)
)
select distinct n.company, n.debtor_no, n.e164 as what from shared s join debtor_number n on n.e164 = s.e164
 where exists (select 1 from item i where i.company = n.company and i.debtor_no = n.debtor_no and i.state = 'open' and i.opened_as_of <= :today);

-- name: several_names(today)
with shared as materialized (
  select e164 from debtor_number where e164 <> '' group by e164 having min(company || '/' || debtor_no) <> max(company || '/' || debtor_no)
), named as materialized (
  select n.e164, n.company, n.debtor_no, d.debtor_name
    from shared s join debtor_number n on n.e164 = s.e164 join debtor d on d.company = n.company and d.debtor_no = n.debtor_no
), twisted as materialized (
  select e164 from named group by e164 having min(debtor_name) <> max(debtor_name)
)
select distinct n.company, n.debtor_no, n.e164 || ' ' || n.debtor_name as what from named n
 where n.e164 in (select e164 from twisted)
   and exists (select 1 from item i where i.company = n.company and i.debtor_no = n.debtor_no and i.state = 'open' and i.opened_as_of <= :today);

-- name: failed_number(now)
select distinct a.company, a.debtor_no, a.number as what from attempt a
 where a.result = 'unallocated' and a.placed_at <= :now
   and exists (select 1 from debtor_number n where n.company = a.company and n.debtor_no = a.debtor_no and n.e164 = a.number)
union
select f.company, f.debtor_no, f.value from fact f
 where f.kind = 'number_wrong' and f.at <= :now and (f.revoked_at is null or f.revoked_at > :now)
   and exists (select 1 from debtor_number n where n.company = f.company and n.debtor_no = f.debtor_no and n.e164 = f.value);

-- name: implausible_due_date(today, far_ahead, long_ago)
select company, debtor_no, item_no || ' ' || due_on as what from item
 where state = 'open' and opened_as_of <= :today and (due_on > :far_ahead or due_on < :long_ago or due_on < invoiced_on)
union all
select r.company, r.debtor_no, r.item_no || ' ' || r.value from row_reject r join batch b on b.id = r.batch_id
 where r.column_name = 'due_on' and r.value <> '' and b.status = 'accepted' and b.as_of <= :today
   and not exists (select 1 from batch n
                    where n.status = 'accepted' and n.mode = 'snapshot' and n.seq > b.seq and n.as_of between b.as_of and :today
                      and n.source in (select b.source union all
                                       select l.covered_by from covering l where l.company = r.company and l.source = b.source)
                      and (not exists (select 1 from batch_scope s where s.batch_id = n.id)
                           or exists (select 1 from batch_scope s where s.batch_id = n.id and s.company in (r.company, '*'))));

-- name: missing_due_date(today)
select r.company, r.debtor_no, r.source || ', ' || r.line || ': ' || r.item_no as what
  from row_reject r join batch b on b.id = r.batch_id
 where r.column_name = 'due_on' and r.value = '' and b.status = 'accepted' and b.as_of <= :today
   and not exists (select 1 from batch n
                    where n.status = 'accepted' and n.mode = 'snapshot' and n.seq > b.seq and n.as_of between b.as_of and :today
                      and n.source in (select b.source union all
                                       select l.covered_by from covering l where l.company = r.company and l.source = b.source)
                      and (not exists (select 1 from batch_scope s where s.batch_id = n.id)
                           or exists (select 1 from batch_scope s where s.batch_id = n.id and s.company in (r.company, '*'))));

-- name: rejected_row(today)
select r.company, r.debtor_no, r.source || ', ' || r.line || ': ' || r.column_name || ' ' || r.reason as what
  from row_reject r join batch b on b.id = r.batch_id
 where b.status = 'accepted' and b.as_of <= :today
   and not exists (select 1 from batch n
                    where n.status = 'accepted' and n.mode = 'snapshot' and n.seq > b.seq and n.as_of between b.as_of and :today
                      and n.source in (select b.source union all
                                       select l.covered_by from covering l where l.company = r.company and l.source = b.source)
                      and (not exists (select 1 from batch_scope s where s.batch_id = n.id)
                           or exists (select 1 from batch_scope s where s.batch_id = n.id and s.company in (r.company, '*'))));

-- name: doubtful_item(today)
select company, debtor_no, item_no as what from item
 where state = 'open' and doubtful between 1 and cast(replace(:today, '-', '') as integer) and opened_as_of <= :today;

-- name: duplicate_item(today)
-- One debtor, one amount, one due date, two numbers: the same invoice entered twice, or two of a kind. What is surplus counts as its money.
select company, debtor_no, min(item_no) || ' = ' || max(item_no) as what, (count(*) - 1) * open_amount as own, currency from item
 where state = 'open' and opened_as_of <= :today and open_amount > 0
 group by company, debtor_no, due_on, open_amount, currency having count(*) > 1;

-- name: item_of_two_debtors(today)
-- The same number, due date and amount under several debtors of a company: one of them does not owe it.
select company, min(debtor_no) as debtor_no, item_no || ' = ' || max(debtor_no) as what, (count(*) - 1) * open_amount as own, currency from item
 where state = 'open' and opened_as_of <= :today and open_amount > 0
 group by company, item_no, due_on, open_amount, currency having count(*) > 1;

-- name: credit_balance(today)
-- Debtors to whom we owe.
select company, debtor_no, currency as what, sum(open_amount / 1000000) * 1000000 + sum(open_amount % 1000000) as own, currency from item
 where state = 'open' and opened_as_of <= :today group by company, debtor_no, currency
having sum(open_amount / 1000000) * 1000000 + sum(open_amount % 1000000) < 0;

-- name: unmatched_payment(now)
-- Payments that fit nobody, or several (?). Who paid, what, when and how the reference begins: enough to find it at the bank.
select p.company, '' as debtor_no,
       case when p.payer = '' then '-' else p.payer end
       || ' ' || (p.amount / 10000) || '.' || substr(cast(10000 + p.amount % 10000 as text), 2, 2) || ' ' || p.currency
       || ', ' || p.booked_on || case when p.reference = '' then '' else ', ' || substr(p.reference, 1, 40) end
       || case when p.state = 'ambiguous' then ' ?' else '' end as what,
       p.amount as own, p.currency
  from payment p
 where p.state in ('unmatched', 'ambiguous') and p.kind = 'payment' and p.amount > 0 and p.settled_by = '' and p.seen_at <= :now;

-- name: payment_not_cleared(now, waited)
-- Seen at the bank, and its item is still open a while later: accounting's newer lists have not told of it either.
select m.company, m.debtor_no, m.item_no || ' ' || p.booked_on as what, m.amount as own, p.currency
  from payment p join payment_match m on m.payment_id = p.id
 where p.state = 'matched' and p.kind = 'payment' and p.seen_at <= :now and p.booked_on < :waited
   and exists (select 1 from item i where i.company = m.company and i.debtor_no = m.debtor_no and i.item_no = m.item_no and i.state = 'open');

-- name: unknown_head_office(today)
select d.company, d.debtor_no, d.head_office as what from debtor d
 where d.head_office <> '' and d.head_office <> d.debtor_no
   and not exists (select 1 from debtor h where h.company = d.company and h.debtor_no = d.head_office)
   and not exists (select 1 from master m where m.company = d.company and m.debtor_no = d.head_office)
   and exists (select 1 from item i where i.company = d.company and i.debtor_no = d.debtor_no and i.state = 'open' and i.opened_as_of <= :today);

-- name: head_office_circle(today)
with recursive way (company, debtor_no, above) as (
  select company, debtor_no, head_office from head_office_link where head_office <> debtor_no
  union
  select w.company, w.debtor_no, l.head_office from way w
    join head_office_link l on l.company = w.company and l.debtor_no = w.above and l.head_office <> l.debtor_no
)
select w.company, w.debtor_no, 'goes round to itself' as what from way w
 where w.above = w.debtor_no
   and exists (select 1 from item i where i.company = w.company and i.debtor_no = w.debtor_no and i.state = 'open' and i.opened_as_of <= :today);

-- name: correction_overruled(now, corrected_before)
-- Accounting's data said something new lately: that holds now, and somebody should look once.
select company, debtor_no, field || ': ' || value || ' / ' || accounting as what from correction
 where overruled_at > :corrected_before and overruled_at <= :now;

-- name: correction_not_adopted(now, corrected_before)
-- Told to accounting, and its data still say something else.
select company, debtor_no, field || ' ' || substr(at, 1, 10) as what from correction
 where at < :corrected_before and at <= :now and exported_in <> '' and kind <> 'taken_back'
   and (adopted_at is null or adopted_at > :now) and overruled_at is null and (revoked_at is null or revoked_at > :now);

-- name: company_of_source(source, company, today)
-- The debtors that owe a company of a source.
select distinct company, debtor_no, :source as what from item
 where source = :source and company = :company and state = 'open' and opened_as_of <= :today;

-- name: keep_day()*!
insert into quality_day (day, hole, count, debtors, money) values (?, ?, ?, ?, ?)
on conflict (day, hole) do update set count = excluded.count, debtors = excluded.debtors, money = excluded.money;

-- name: days_since(since, today)
select day, hole, count from quality_day where day >= :since and day <= :today order by day, hole;

-- name: forget_days(before)!
delete from quality_day where day < :before;
