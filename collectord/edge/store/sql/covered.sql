-- Items that other sources opened and that a list is complete for, in the scratch database of one batch. The reader's process runs these.

-- name: create#
create table reach (company text primary key);      -- companies that the list is complete for by name
create table covers (source text not null, from_no text not null, to_no text not null);
create table covered (                              -- open items of other sources that the list must name, if they are still owed
  company text not null, debtor_no text not null, item_no text not null, was integer not null, fall integer not null, currency text not null,
  explained integer not null, primary key (company, debtor_no, item_no)
) without rowid;

-- name: reach()!
insert into reach
with recursive each (company) as (
  select min(company) from item
  union all
  select (select min(i.company) from item i where i.company > each.company) from each where each.company is not null
)
select company from each where company is not null
union
select company from scope;

-- name: companies()
select company from reach order by company;

-- name: add_covers()*!
insert into covers values (?, ?, ?);

-- name: gather(number, source, as_of, until)!
-- Younger items may not be in the list yet. Where several lists cover an item, it is gone once each of them has spoken since and none names it.
insert into covered
select i.company, i.debtor_no, i.item_no, i.open_amount, fall(i.open_amount, 0), i.currency,
       (i.payment_method = 'direct_debit' and i.due_on <= :as_of)
       or exists (select 1 from ledger.payment_match m join ledger.payment p on p.id = m.payment_id
                   where m.company = i.company and m.debtor_no = i.debtor_no and m.item_no = i.item_no and p.state = 'matched')
  from covers o cross join reach c cross join ledger.item_version i
 where i.source = o.source and i.state = 'open' and i.company = c.company and i.since <= :number and i.until > :number
   and i.opened_as_of <= :until
   and (o.from_no = '' or (length(i.debtor_no) = length(o.from_no) and i.debtor_no between o.from_no and o.to_no))
   and not exists (
     select 1 from ledger.covering x
      where x.company = i.company and x.source = i.source and x.covered_by <> :source
        and (x.from_no = '' or (length(i.debtor_no) = length(x.from_no) and i.debtor_no between x.from_no and x.to_no))
        and not exists (select 1 from ledger.batch b
                         where b.source = x.covered_by and b.status = 'accepted' and b.mode = 'snapshot'
                           and coalesce(b.booked_until, b.as_of) >= i.opened_as_of
                           and (not exists (select 1 from ledger.batch_scope s where s.batch_id = b.id)
                                or exists (select 1 from ledger.batch_scope s where s.batch_id = b.id and s.company in (i.company, '*')))))
on conflict do nothing;

-- name: any$
select exists (select 1 from covered);

-- name: find_missing(verdict)!
insert into missing (company, debtor_no, item_no, verdict, was, fall, currency)
select g.company, g.debtor_no, g.item_no, :verdict, g.was, g.fall, g.currency
  from covered g
 where not exists (select 1 from item s where s.company = g.company and s.debtor_no = g.debtor_no and s.item_no = g.item_no)
   and not exists (select 1 from twisted t where t.company = g.company and t.debtor_no = g.debtor_no and t.item_no = g.item_no)
   and not exists (select 1 from reject r where r.company = g.company and r.debtor_no = g.debtor_no and r.item_no in (g.item_no, ''))
 order by g.company, g.debtor_no, g.item_no;

-- name: before()
select currency, explained, count(*) as items, sum(case when was > 0 then was else 0 end) as claims from covered group by currency, explained;
