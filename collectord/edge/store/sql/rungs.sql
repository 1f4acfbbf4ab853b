-- What the numbers of ladder steps mean.

-- name: levels(id)$
select levels from rungs where id = :id;

-- name: remember(id, levels)!
insert into rungs (id, levels) values (:id, :levels) on conflict do nothing;

-- name: planned(id, ladder, now)!
insert into planned_ladder (ladder, rungs, planned_at) values (:ladder, :id, :now)
on conflict (ladder) do update set rungs = excluded.rungs, planned_at = excluded.planned_at where rungs <> excluded.rungs;

-- name: last_planned()
select ladder, rungs as id from planned_ladder;

-- name: nameless(company, debtor_no, size)
select distinct company, debtor_no from item_version
 where (company, debtor_no) > (:company, :debtor_no) and contact_level > 0 and contact_rungs = ''
 order by company, debtor_no limit :size;

-- name: name_items(company, debtor_no, rungs)!
update item_version set contact_rungs = :rungs
 where company = :company and debtor_no = :debtor_no and contact_level > 0 and contact_rungs = '';

-- name: name_tasks(ladder, rungs)!
update task set rungs = :rungs
 where ladder = :ladder and rungs = '' and level > 0 and state in ('planned', 'ready', 'leased', 'in_call');
