-- What a batch would change, for the person who decides about it. Run on the batch's scratch database with the ledger attached read-only.

-- name: visible()^
select number from ledger.visible;

-- name: create_moved#
-- Every item whose state or amount would change.
create temp table moved as
select company, debtor_no, item_no, was, 0 as now, currency, 1 as gone, 0 as new from missing
union all
select s.company, s.debtor_no, s.item_no, h.was, s.open_amount, d.currency, h.verdict = 'zeroed', h.verdict in ('opened', 'reopened')
  from change h join item s on s.rowid = h.item join detail d on d.number = s.detail
 where h.verdict in ('opened', 'reopened', 'zeroed') or (h.verdict = 'changed' and h.was <> s.open_amount);
create index temp.moved_by_key on moved (company, debtor_no, item_no);

-- name: covered(number, source)
-- Open items now, by company and currency, those that other sources opened and the list covers too; a delta is complete for nothing, so
-- everything of its source is looked at.
select company, currency, sum(items) as items, sum(net) as net from (
  select i.company, i.currency, count(*) as items, sum(i.open_amount) as net
    from ledger.item_version i
   where i.source = :source and i.state = 'open' and i.since <= :number and i.until > :number
     and (not exists (select 1 from scope) or i.company in (select company from scope))
   group by i.company, i.currency
  union all
  select company, currency, count(*), sum(was) from covered group by company, currency)
 group by company, currency;

-- name: moves()
-- By company and currency: so many items gone and new, and what moves.
select company, currency, sum(gone) as gone_items, sum(new) as new_items, sum(case when gone then was else 0 end) as gone,
       sum(case when new then now else 0 end) as new, sum(case when gone or new then 0 else now - was end) as changed_by,
       sum(case when gone or new then 0 else 1 end) as changed_items, sum(now - was) as moved
  from temp.moved group by company, currency;

-- name: gone_debtors()^
select count(*) from (select distinct company, debtor_no from temp.moved where gone);

-- name: whole_debtors(number)^
-- Neither the file nor the ledger has anything else of theirs: of records that stayed as they were, the file's rows are not here.
select count(*) from (select distinct company, debtor_no from temp.moved where gone) g
 where exists (select 1 from scope)
   and not exists (select 1 from item s where s.company = g.company and s.debtor_no = g.debtor_no and s.open_amount <> 0)
   and not exists (select 1 from ledger.item_version i
                    where i.company = g.company and i.debtor_no = g.debtor_no and i.state = 'open' and i.since <= :number and i.until > :number
                      and not exists (select 1 from temp.moved m where m.company = i.company and m.debtor_no = i.debtor_no and m.item_no = i.item_no));

-- name: largest_debtors(number, most)
select m.company, m.debtor_no, coalesce(n.debtor_name, '') as debtor_name, '' as item_no, m.items, m.was, m.now, m.currency
  from (select company, debtor_no, currency, sum(gone) as items, sum(was) as was, sum(now) as now
          from temp.moved group by company, debtor_no, currency having sum(now) < sum(was) and sum(gone) > 0
         order by sum(was) - sum(now) desc, company, debtor_no limit :most) m
  left join ledger.debtor_version n on n.company = m.company and n.debtor_no = m.debtor_no and n.since <= :number and n.until > :number
 order by m.was - m.now desc, m.company, m.debtor_no;

-- name: largest_items(number, gone, new, most)
select m.company, m.debtor_no, coalesce(n.debtor_name, (select s.debtor_name from saying s where s.company = m.company and s.debtor_no = m.debtor_no limit 1), '') as debtor_name,
       m.item_no, 1 as items, m.was, m.now, m.currency
  from (select * from temp.moved where gone = :gone and new = :new order by abs(now - was) desc, company, debtor_no, item_no limit :most) m
  left join ledger.debtor_version n on n.company = m.company and n.debtor_no = m.debtor_no and n.since <= :number and n.until > :number
 order by abs(m.now - m.was) desc, m.company, m.debtor_no, m.item_no;
