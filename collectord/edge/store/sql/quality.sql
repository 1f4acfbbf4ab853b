-- Each hole: (company, debtor_no, what). Only debtors with something open count; nothing later than :now or :today.

-- name: open_by_debtor(today)
select company, debtor_no, currency, sum(open_amount) as amount from item
 where state = 'open' and opened_as_of <= :today group by company, debtor_no, currency;

-- name: no_dialable_number(today)
select d.company, d.debtor_no, d.debtor_name as what from debtor d
 where exists (select 1 from item i where i.company = d.company and i.debtor_no = d.debtor_no and i.state = 'open' and i.opened_as_of <= :today)
   and not exists (select 1 from debtor_number n where n.company = d.company and n.debtor_no = d.debtor_no and n.e164 <> '')
 order by d.company, d.debtor_no;

-- name: invalid_number(today)
select n.company, n.debtor_no, n.raw || ' ' || n.problem as what from debtor_number n
 where n.problem <> ''
   and exists (select 1 from item i where i.company = n.company and i.debtor_no = n.debtor_no and i.state = 'open' and i.opened_as_of <= :today)
 order by n.company, n.debtor_no, n.position;

-- name: shared_number(today)
select distinct n.company, n.debtor_no, n.e164 as what from debtor_number n
 where n.e164 <> ''
   and exists (select 1 from item i where i.company = n.company and i.debtor_no = n.debtor_no and i.state = 'open' and i.opened_as_of <= :today)
   and exists (select 1 from debtor_number o where o.e164 = n.e164 and (o.company <> n.company or o.debtor_no <> n.debtor_no))
 order by n.e164, n.company, n.debtor_no;

-- name: several_names(today)
select distinct n.company, n.debtor_no, n.e164 || ' ' || d.debtor_name as what
  from debtor_number n join debtor d on d.company = n.company and d.debtor_no = n.debtor_no
 where n.e164 <> ''
   and exists (select 1 from item i where i.company = n.company and i.debtor_no = n.debtor_no and i.state = 'open' and i.opened_as_of <= :today)
   and exists (select 1 from debtor_number o join debtor e on e.company = o.company and e.debtor_no = o.debtor_no
                where o.e164 = n.e164 and e.debtor_name <> d.debtor_name)
 order by what, n.company, n.debtor_no;

-- name: failed_number(now)
select distinct n.company, n.debtor_no, n.e164 as what from debtor_number n
 where n.e164 <> ''
   and (exists (select 1 from attempt a
                 where a.company = n.company and a.debtor_no = n.debtor_no and a.number = n.e164 and a.result = 'unallocated' and a.placed_at <= :now)
     or exists (select 1 from fact f
                 where f.company = n.company and f.debtor_no = n.debtor_no and f.value = n.e164 and f.kind = 'number_wrong' and f.at <= :now
                   and (f.revoked_at is null or f.revoked_at > :now)))
 order by n.company, n.debtor_no;

-- name: implausible_due_date(today, far_ahead, long_ago)
select company, debtor_no, item_no || ' ' || due_on as what from item
 where state = 'open' and opened_as_of <= :today and (due_on > :far_ahead or due_on < :long_ago or due_on < invoiced_on)
 order by company, debtor_no, item_no;

-- name: rejected_row(today)
select r.company, r.debtor_no, r.source || ', ' || r.line || ': ' || r.column_name || ' ' || r.reason as what
  from row_reject r join batch b on b.id = r.batch_id
 where b.status = 'accepted' and b.as_of <= :today
   and not exists (select 1 from batch n
                    where n.source = b.source and n.status = 'accepted' and n.mode = 'snapshot' and n.seq > b.seq and n.as_of <= :today
                      and (not exists (select 1 from batch_scope s where s.batch_id = n.id)
                           or exists (select 1 from batch_scope s where s.batch_id = n.id and s.company in (r.company, '*'))))
 order by r.company, r.debtor_no, r.line;

-- name: doubtful_item(today)
select company, debtor_no, item_no as what from item
 where state = 'open' and doubtful = 1 and opened_as_of <= :today order by company, debtor_no, item_no;

-- name: debtors_of_source(today, source)
select distinct company, debtor_no, source as what from item
 where state = 'open' and opened_as_of <= :today and source = :source order by company, debtor_no;
