-- Master data, contact persons, and what lies over the open-item export. Decides nothing: precedence stands in core/contact/corrections.

-- name: persons_between(company, debtor_no, to_company, to_debtor)
select * from contact_person
 where (company, debtor_no) >= (:company, :debtor_no) and (company, debtor_no) <= (:to_company, :to_debtor)
 order by company, debtor_no, person_no;

-- name: put_master()*!
insert into master (company, debtor_no, debtor_name, person_type, contact_person, email, language, country, region, postcode, time_zone,
  potential_class, agent, head_office, credit_limit, legal_state, phone, phone2, dunning_block_until, payment_method, source, batch_id)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (company, debtor_no) do update set
  debtor_name = excluded.debtor_name, person_type = excluded.person_type, contact_person = excluded.contact_person, email = excluded.email,
  language = excluded.language, country = excluded.country, region = excluded.region, postcode = excluded.postcode,
  time_zone = excluded.time_zone, potential_class = excluded.potential_class, agent = excluded.agent, head_office = excluded.head_office,
  credit_limit = excluded.credit_limit, legal_state = excluded.legal_state, phone = excluded.phone, phone2 = excluded.phone2,
  dunning_block_until = excluded.dunning_block_until, payment_method = excluded.payment_method, source = excluded.source,
  batch_id = excluded.batch_id;

-- name: drop_persons()*!
delete from contact_person where company = ? and debtor_no = ?;

-- name: put_person()*!
insert into contact_person (company, debtor_no, person_no, name, role, phone, email, language, hours, source, batch_id)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: drop_overlay()*!
delete from overlay where company = ? and debtor_no = ?;

-- name: put_overlay()*!
insert into overlay (company, debtor_no, debtor_name, person_type, contact_person, email, language, country, region, postcode, time_zone,
  potential_class, agent, head_office, credit_limit, legal_state, phone, phone2, dunning_block_until, payment_method)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: drop_overlay_numbers()*!
delete from overlay_number where company = ? and debtor_no = ?;

-- name: put_overlay_number()*!
insert into overlay_number (company, debtor_no, position, raw, e164, kind, zones, problem, person, role, hours)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: exported_companies()
-- Of debtors that open-item exports named. Each company costs one step in the index, however many debtors it has.
with recursive each (company) as (
  select min(company) from debtor_version
  union all
  select (select min(d.company) from debtor_version d where d.company > each.company) from each where each.company is not null
)
select company from each
 where company is not null and exists (select 1 from exported_debtor d where d.company = each.company)
 order by company;

-- name: unread_before(source, batch_id)
select distinct company, debtor_no from row_reject
 where source = :source and batch_id <> :batch_id and debtor_no <> '' and settled_by = '';

-- name: settle_rejects()*!
-- Rows of earlier batches of this source that could not be read: the debtor's rows are good again.
update row_reject set settled_by = ? where source = ? and company = ? and debtor_no = ? and batch_id <> ? and settled_by = '';
