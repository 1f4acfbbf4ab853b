-- name: debtor_rows(company, debtor_no, size)
-- A stretch of debtors in key order, from :company/:debtor_no (exclusive) on.
select * from debtor where (company, debtor_no) > (:company, :debtor_no) order by company, debtor_no limit :size;

-- name: debtor_row(company, debtor_no)^
select * from debtor where company = :company and debtor_no = :debtor_no;

-- name: debtor_of_master(company, debtor_no)^
-- Known from master data alone: a head office without items of its own.
select m.company, m.debtor_no, coalesce(o.debtor_name, '') as debtor_name, coalesce(o.person_type, '') as person_type,
       coalesce(o.contact_person, '') as contact_person, coalesce(o.email, '') as email, coalesce(o.language, '') as language,
       coalesce(o.country, '') as country, coalesce(o.region, '') as region, coalesce(o.postcode, '') as postcode,
       coalesce(o.time_zone, '') as time_zone, coalesce(o.potential_class, '') as potential_class, coalesce(o.agent, '') as agent,
       coalesce(o.head_office, '') as head_office, o.credit_limit, coalesce(o.legal_state, '') as legal_state,
       nullif(o.dunning_block_until, '') as dunning_block_until, coalesce(o.payment_method, '') as payment_method
  from master m left join overlay o on o.company = m.company and o.debtor_no = m.debtor_no
 where m.company = :company and m.debtor_no = :debtor_no;

-- name: middle()^
select company, debtor_no from exported_debtor order by company, debtor_no
 limit 1 offset (select count(*) / 2 from exported_debtor);

-- name: keys()
select company, debtor_no from debtor order by company, debtor_no;

-- name: keys_of(debtor_no)
select company, debtor_no from debtor where debtor_no = :debtor_no
union select company, debtor_no from master where debtor_no = :debtor_no order by company;

-- name: numbers_between(company, debtor_no, to_company, to_debtor)
select * from debtor_number
 where (company, debtor_no) >= (:company, :debtor_no) and (company, debtor_no) <= (:to_company, :to_debtor)
 order by company, debtor_no, position;

-- name: items_between(today, company, debtor_no, to_company, to_debtor)
-- ledger_rows.ITEM_COLUMNS, in the order of the keys. As they stood on :today: what newer batches cleared is open again.
select company, debtor_no, item_no, source, due_on, open_amount, currency, amount, invoiced_on, kind, payment_method, discount_until,
       dunning_level, last_dunned_on, dunning_deadline, dunning_block_until, dispute, opened_as_of, contact_level, contacted_on,
       contact_rungs
  from item
 where (company, debtor_no) >= (:company, :debtor_no) and (company, debtor_no) <= (:to_company, :to_debtor)
   and opened_as_of <= :today and (state = 'open' or cleared_as_of > :today)
 order by company, debtor_no, item_no;

-- name: paid_later_between(today, company, debtor_no, to_company, to_debtor)
-- What batches newer than :today paid down is owed again.
select company, debtor_no, item_no, sum(amount) as amount from clearing
 where (company, debtor_no) >= (:company, :debtor_no) and (company, debtor_no) <= (:to_company, :to_debtor) and as_of > :today
 group by company, debtor_no, item_no;

-- name: returned_between(today, company, debtor_no, to_company, to_debtor)
-- Direct debits that came back.
select m.company, m.debtor_no, m.item_no, max(p.booked_on) as booked_on
  from payment_match m join payment p on p.id = m.payment_id
 where (m.company, m.debtor_no) >= (:company, :debtor_no) and (m.company, m.debtor_no) <= (:to_company, :to_debtor)
   and p.kind = 'return' and p.state <> 'ambiguous' and substr(p.seen_at, 1, 10) <= :today
 group by m.company, m.debtor_no, m.item_no;

-- name: pasts_between(company, debtor_no, to_company, to_debtor)
-- How many items were ever cleared, whether a promise was not kept, whether anything was paid: rather too much than too little, whatever the day.
select company, debtor_no, sum(paid) as paid, max(broken) as broken, max(fell) as fell
  from (select company, debtor_no, 1 as paid, 0 as broken, 1 as fell from item_version
         where (company, debtor_no) >= (:company, :debtor_no) and (company, debtor_no) <= (:to_company, :to_debtor) and state = 'cleared'
        union all
        select company, debtor_no, 0, 0, 1 from clearing_version
         where (company, debtor_no) >= (:company, :debtor_no) and (company, debtor_no) <= (:to_company, :to_debtor)
        union all
        select company, debtor_no, 0, 1, 0 from promise
         where (company, debtor_no) >= (:company, :debtor_no) and (company, debtor_no) <= (:to_company, :to_debtor)
           and state in ('partially_kept', 'broken'))
 group by company, debtor_no;

-- The same for single debtors instead of a stretch. :keys is JSON, [["company", "debtor_no"], ...].

-- name: debtors_of(keys)
select d.* from json_each(:keys) k cross join debtor d
 where d.company = json_extract(k.value, '$[0]') and d.debtor_no = json_extract(k.value, '$[1]')
 order by k.key;

-- name: items_of(today, keys)
select i.company, i.debtor_no, i.item_no, i.source, i.due_on, i.open_amount, i.currency, i.amount, i.invoiced_on, i.kind, i.payment_method,
       i.discount_until, i.dunning_level, i.last_dunned_on, i.dunning_deadline, i.dunning_block_until, i.dispute, i.opened_as_of,
       i.contact_level, i.contacted_on, i.contact_rungs
  from json_each(:keys) k cross join item i
 where i.company = json_extract(k.value, '$[0]') and i.debtor_no = json_extract(k.value, '$[1]')
   and i.opened_as_of <= :today and (i.state = 'open' or i.cleared_as_of > :today)
 order by k.key;

-- name: paid_later_of(today, keys)
select c.company, c.debtor_no, c.item_no, sum(c.amount) as amount from json_each(:keys) k cross join clearing c
 where c.company = json_extract(k.value, '$[0]') and c.debtor_no = json_extract(k.value, '$[1]') and c.as_of > :today
 group by c.company, c.debtor_no, c.item_no;

-- name: returned_of(today, keys)
select m.company, m.debtor_no, m.item_no, max(p.booked_on) as booked_on
  from json_each(:keys) k cross join payment_match m cross join payment p
 where m.company = json_extract(k.value, '$[0]') and m.debtor_no = json_extract(k.value, '$[1]') and p.id = m.payment_id
   and p.kind = 'return' and p.state <> 'ambiguous' and substr(p.seen_at, 1, 10) <= :today
 group by m.company, m.debtor_no, m.item_no;

-- name: pasts_of(keys)
select company, debtor_no, sum(paid) as paid, max(broken) as broken, max(fell) as fell
  from (select i.company, i.debtor_no, 1 as paid, 0 as broken, 1 as fell from json_each(:keys) k cross join item_version i
         where i.company = json_extract(k.value, '$[0]') and i.debtor_no = json_extract(k.value, '$[1]') and i.state = 'cleared'
        union all
        select c.company, c.debtor_no, 0, 0, 1 from json_each(:keys) k cross join clearing_version c
         where c.company = json_extract(k.value, '$[0]') and c.debtor_no = json_extract(k.value, '$[1]')
        union all
        select p.company, p.debtor_no, 0, 1, 0 from json_each(:keys) k cross join promise p
         where p.company = json_extract(k.value, '$[0]') and p.debtor_no = json_extract(k.value, '$[1]')
           and p.state in ('partially_kept', 'broken'))
 group by company, debtor_no;

-- name: set_contact_level()*!
update item_version set contact_level = ?, contacted_on = ?
 where company = ? and debtor_no = ? and item_no = ? and until > (select number from visible);

-- name: clearings(company, debtor_no, since, until)
select item_no, batch_id, as_of, amount, currency from clearing
 where company = :company and debtor_no = :debtor_no and as_of >= :since and as_of <= :until
 order by as_of, item_no;

-- name: rejected_between(company, debtor_no, to_company, to_debtor, today)
-- Rows that hold until a newer snapshot of their source, or of a list that covers it, is accepted for their company.
select r.company, r.debtor_no, r.source, r.line, r.column_name, r.value, r.reason
  from row_reject r join batch b on b.id = r.batch_id
 where (r.company, r.debtor_no) >= (:company, :debtor_no) and (r.company, r.debtor_no) <= (:to_company, :to_debtor) and r.debtor_no <> ''
   and b.status = 'accepted' and b.as_of <= :today and r.settled_by = ''
   and not exists (select 1 from batch n
                    where n.status = 'accepted' and n.mode = 'snapshot' and n.seq > b.seq and n.as_of between b.as_of and :today
                      and n.source in (select b.source union all
                                       select l.covered_by from covering l where l.company = r.company and l.source = b.source)
                      and (not exists (select 1 from batch_scope s where s.batch_id = n.id)
                           or exists (select 1 from batch_scope s where s.batch_id = n.id and s.company in (r.company, '*'))))
 order by r.company, r.debtor_no, r.line;

-- name: last_promises_between(company, debtor_no, to_company, to_debtor, now)
select p.company, p.debtor_no, p.id, p.amount, p.currency, p.promised_on, p.state from promise p
 where (p.company, p.debtor_no) >= (:company, :debtor_no) and (p.company, p.debtor_no) <= (:to_company, :to_debtor) and p.made_at <= :now
 order by p.company, p.debtor_no, p.made_at, p.id;

-- name: facts_between(company, debtor_no, to_company, to_debtor, now, today)
select company, debtor_no, kind, value, until_on from fact
 where (company, debtor_no) >= (:company, :debtor_no) and (company, debtor_no) <= (:to_company, :to_debtor)
   and at <= :now and (revoked_at is null or revoked_at > :now) and (until_on is null or until_on >= :today)
 order by company, debtor_no, at, id;
