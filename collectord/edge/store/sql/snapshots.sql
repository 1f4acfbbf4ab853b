-- An accepted snapshot covers a company that batch_scope names, or all of its source ('*', and batches of old without any row there).

-- name: cover(source, company, today)^
-- The newest snapshot that covers this company, as it was known on :today.
select b.id, b.as_of, case when b.fresh_as_of <= :today then b.fresh_as_of else b.as_of end as fresh_as_of, b.booked_until, b.decided_at, b.detail
  from batch b
 where b.source = :source and b.status = 'accepted' and b.mode = 'snapshot' and b.as_of <= :today
   and (not exists (select 1 from batch_scope s where s.batch_id = b.id)
        or exists (select 1 from batch_scope s where s.batch_id = b.id and s.company in (:company, '*')))
 order by b.seq desc limit 1;

-- name: newest(source, today)^
-- The newest snapshot of all, whatever it covers.
select b.id, b.as_of, case when b.fresh_as_of <= :today then b.fresh_as_of else b.as_of end as fresh_as_of, b.booked_until, b.decided_at, b.detail
  from batch b
 where b.source = :source and b.status = 'accepted' and b.mode = 'snapshot' and b.as_of <= :today
 order by b.seq desc limit 1;

-- name: sources(today)
-- Sources of open items: bank statements and master data bring no items, so they have no freshness. A first file that is held has none yet.
select s.source,
       (select b.id from batch b
         where b.source in (select s.source union all select l.covered_by from covering l where l.source = s.source)
           and b.status = 'held' and b.as_of <= :today order by b.as_of desc, b.id desc limit 1) as held,
       (select b.status from batch b where b.source = s.source and b.as_of <= :today order by b.received_at desc, b.id desc limit 1) as last_status
  from (select distinct source from batch where as_of <= :today and status in ('accepted', 'held')) s
 where exists (select 1 from item i where i.source = s.source)
    or exists (select 1 from batch b where b.source = s.source and b.mode = 'snapshot' and b.as_of <= :today and b.status = 'held')
 order by s.source;

-- name: next_company(source, after)^
-- The next company with something open; so each company costs one step in the index, however many items it has.
select company from item where source = :source and state = 'open' and company > :after order by company limit 1;

-- name: first_company(source)^
select company from item where source = :source and state = 'open' order by company limit 1;

-- name: companies_then(source, today)
-- The same for a day that lies before the newest snapshot: what was cleared since was open then.
select distinct company from item
 where source = :source and opened_as_of <= :today and (state = 'open' or cleared_as_of > :today) order by company;

-- name: knows_later(source, today)$
select exists (select 1 from batch where source = :source and status = 'accepted' and as_of > :today);
