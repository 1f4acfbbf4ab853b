-- What agents put right, and what accounting is told of it.

-- name: add_correction(id, at, company, debtor_no, kind, field, value, was, note, actor, attempt_id)!
insert into correction (id, at, company, debtor_no, kind, field, value, was, note, actor, attempt_id)
values (:id, :at, :company, :debtor_no, :kind, :field, :value, :was, :note, :actor, :attempt_id)
on conflict (id) do nothing;

-- name: in_force(company, debtor_no)
-- Of one debtor, or of everybody when :debtor_no is null.
select * from correction
 where adopted_at is null and overruled_at is null and revoked_at is null and kind <> 'taken_back'
   and (:debtor_no is null or (company = :company and debtor_no = :debtor_no))
 order by at, id;

-- name: known_between(company, debtor_no, to_company, to_debtor, now)
select * from correction
 where (company, debtor_no) >= (:company, :debtor_no) and (company, debtor_no) <= (:to_company, :to_debtor) and at <= :now
 order by company, debtor_no, at, id;

-- name: end_adopted(id, at, accounting)!
update correction set adopted_at = :at, accounting = :accounting where id = :id and adopted_at is null and overruled_at is null and revoked_at is null;

-- name: end_overruled(id, at, accounting)!
update correction set overruled_at = :at, accounting = :accounting where id = :id and adopted_at is null and overruled_at is null and revoked_at is null;

-- name: revoke(id, at)!
update correction set revoked_at = :at where id = :id and adopted_at is null and overruled_at is null and revoked_at is null;

-- name: numbers_gone_wrong(now)
-- Numbers that reach somebody else (recorded or keyed) or nobody (the network said so), as the debtor's data still have them; each once.
select f.id, f.at, f.company, f.debtor_no, f.kind, f.value, f.reason, f.actor, f.attempt_id, n.position, n.raw, n.person, n.role
  from fact f join debtor_number n on n.company = f.company and n.debtor_no = f.debtor_no and n.e164 = f.value
 where (f.kind = 'number_wrong' or (f.kind = 'number_blocked' and f.actor = 'network')) and f.revoked_at is null and f.at <= :now
   and not exists (select 1 from fact g join correction c on c.id = 'wrong:' || g.id
                    where g.company = f.company and g.debtor_no = f.debtor_no and g.value = f.value)
 order by f.at, f.id, n.position;

-- name: waiting(now)$
select count(*) from correction where exported_in = '' and revoked_at is null and (adopted_at is null or kind <> 'put_right') and at <= :now;

-- name: claim(file, now)!
update correction set exported_in = :file
 where exported_in = '' and revoked_at is null and (adopted_at is null or kind <> 'put_right') and at <= :now;

-- name: in_file(file)
select c.*, coalesce((select d.debtor_name from debtor d where d.company = c.company and d.debtor_no = c.debtor_no), '') as debtor_name
  from correction c where c.exported_in = :file order by c.at, c.company, c.debtor_no, c.field, c.id;
