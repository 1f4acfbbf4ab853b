-- name: stage_item()*!
insert into staged_item (batch_id, line, company, debtor_no, item_no, verdict, digest, was, fall, open_amount, currency, due_on, amount, invoiced_on,
  kind, payment_method, discount_until, dunning_level, last_dunned_on, dunning_deadline, dunning_block_until, dispute)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: stage_debtor()*!
insert into staged_debtor (batch_id, company, debtor_no, digest, line, chosen, debtor_name, person_type, contact_person, email, language, country,
  region, postcode, time_zone, potential_class, agent, head_office, credit_limit, legal_state, phone, phone2)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (batch_id, company, debtor_no, digest) do update set
  chosen = case when excluded.chosen = 1 then 1 else staged_debtor.chosen end;

-- name: stage_number()*!
insert into staged_number (batch_id, company, debtor_no, position, raw, e164, kind, zones, problem) values (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: twist()*!
update staged_item set verdict = 'twisted' where batch_id = ? and company = ? and debtor_no = ? and item_no = ?;

-- name: twisted(batch_id)
select line, company, debtor_no, item_no from staged_item where batch_id = :batch_id and verdict = 'twisted' order by line;

-- name: counts(batch_id)
select verdict, count(*) as n from staged_item where batch_id = :batch_id group by verdict;

-- name: sums(batch_id)
select currency, sum(open_amount) as amount from staged_item
 where batch_id = :batch_id and verdict in ('opened', 'reopened', 'changed', 'zeroed', 'unchanged', 'confirmed', 'nothing')
 group by currency;

-- name: gone(batch_id)
select currency, sum(fall) as amount from staged_item
 where batch_id = :batch_id and verdict in ('missing', 'doubtful', 'zeroed', 'changed') and was > 0
 group by currency;

-- name: companies_of_source(source)
select distinct company from item where source = :source and state = 'open' order by company;

-- name: page_end(source, company, debtor_no, item_no, size)^
select debtor_no, item_no from item
 where source = :source and state = 'open' and company = :company and (debtor_no, item_no) > (:debtor_no, :item_no)
 order by debtor_no, item_no limit 1 offset :size;

-- name: page_totals(source, company, debtor_no, item_no, to_debtor, to_item)
select currency, count(*) as n, sum(case when open_amount > 0 then open_amount else 0 end) as amount from item
 where source = :source and state = 'open' and company = :company
   and (debtor_no, item_no) > (:debtor_no, :item_no) and (debtor_no, item_no) <= (:to_debtor, :to_item)
 group by currency;

-- name: page_missing(source, company, debtor_no, item_no, to_debtor, to_item, batch_id)
select i.debtor_no, i.item_no, i.open_amount, i.currency, i.digest from item i
 where i.source = :source and i.state = 'open' and i.company = :company
   and (i.debtor_no, i.item_no) > (:debtor_no, :item_no) and (i.debtor_no, i.item_no) <= (:to_debtor, :to_item)
   and not exists (select 1 from staged_item s
                    where s.batch_id = :batch_id and s.company = i.company and s.debtor_no = i.debtor_no and s.item_no = i.item_no)
   and not exists (select 1 from row_reject r
                    where r.batch_id = :batch_id and r.company = i.company and r.debtor_no = i.debtor_no and r.item_no in (i.item_no, ''));

-- name: has_unknown_reject(batch_id)^
select exists (select 1 from row_reject where batch_id = :batch_id and company = '' and debtor_no = '') as doubt;

-- name: debtor_page_end(batch_id, company, debtor_no, size)^
select company, debtor_no from staged_debtor
 where batch_id = :batch_id and (company, debtor_no) > (:company, :debtor_no)
 order by company, debtor_no limit 1 offset :size;

-- name: debtor_page(batch_id, company, debtor_no, to_company, to_debtor)
select s.*, d.digest as known_digest, d.debtor_name as k_debtor_name, d.person_type as k_person_type, d.contact_person as k_contact_person,
       d.email as k_email, d.language as k_language, d.country as k_country, d.region as k_region, d.postcode as k_postcode,
       d.time_zone as k_time_zone, d.potential_class as k_potential_class, d.agent as k_agent, d.head_office as k_head_office,
       d.credit_limit as k_credit_limit, d.legal_state as k_legal_state, coalesce(p1.raw, '') as k_phone, coalesce(p2.raw, '') as k_phone2
  from staged_debtor s
  left join exported_debtor d on d.company = s.company and d.debtor_no = s.debtor_no
  left join exported_number p1 on p1.company = s.company and p1.debtor_no = s.debtor_no and p1.position = 1
  left join exported_number p2 on p2.company = s.company and p2.debtor_no = s.debtor_no and p2.position = 2
 where s.batch_id = :batch_id and s.chosen = 0
   and (s.company, s.debtor_no) > (:company, :debtor_no) and (s.company, s.debtor_no) <= (:to_company, :to_debtor)
   and (d.digest is null or d.digest <> s.digest or exists (
          select 1 from staged_debtor o
           where o.batch_id = s.batch_id and o.company = s.company and o.debtor_no = s.debtor_no and o.digest <> s.digest))
 order by s.company, s.debtor_no, s.line;

-- name: apply_items(source, as_of, batch_id)!
insert into item (company, debtor_no, item_no, source, state, due_on, open_amount, currency, amount, invoiced_on, kind, payment_method, discount_until,
  dunning_level, last_dunned_on, dunning_deadline, dunning_block_until, dispute, opened_as_of, changed_as_of, cleared_as_of, batch_id, digest, doubtful)
select company, debtor_no, item_no, :source, case when verdict = 'zeroed' then 'cleared' else 'open' end, due_on, open_amount, currency, amount,
       invoiced_on, kind, payment_method, discount_until, dunning_level, last_dunned_on, dunning_deadline, dunning_block_until, dispute,
       :as_of, :as_of, case when verdict = 'zeroed' then :as_of end, :batch_id, digest, 0
  from staged_item
 where batch_id = :batch_id and verdict in ('opened', 'reopened', 'changed', 'zeroed', 'confirmed')
on conflict (company, debtor_no, item_no) do update set
  source = excluded.source, state = excluded.state, due_on = excluded.due_on, open_amount = excluded.open_amount, currency = excluded.currency,
  amount = excluded.amount, invoiced_on = excluded.invoiced_on, kind = excluded.kind, payment_method = excluded.payment_method,
  discount_until = excluded.discount_until, dunning_level = excluded.dunning_level, last_dunned_on = excluded.last_dunned_on,
  dunning_deadline = excluded.dunning_deadline, dunning_block_until = excluded.dunning_block_until, dispute = excluded.dispute,
  opened_as_of = case when item.state = 'cleared' then excluded.opened_as_of else item.opened_as_of end,
  changed_as_of = case when item.digest = excluded.digest and item.state = excluded.state then item.changed_as_of else excluded.changed_as_of end,
  cleared_as_of = excluded.cleared_as_of, batch_id = excluded.batch_id, digest = excluded.digest, doubtful = 0;

-- name: apply_missing(as_of, batch_id)!
update item set state = 'cleared', open_amount = 0, cleared_as_of = :as_of, changed_as_of = :as_of, batch_id = :batch_id, doubtful = 0
  from staged_item s
 where s.batch_id = :batch_id and s.verdict = 'missing'
   and item.company = s.company and item.debtor_no = s.debtor_no and item.item_no = s.item_no;

-- name: apply_doubtful(batch_id)!
update item set doubtful = 1
  from staged_item s
 where s.batch_id = :batch_id and s.verdict = 'doubtful'
   and item.company = s.company and item.debtor_no = s.debtor_no and item.item_no = s.item_no;

-- name: apply_clearings(as_of, batch_id)!
insert into clearing (company, debtor_no, item_no, batch_id, as_of, amount, currency)
select company, debtor_no, item_no, batch_id, :as_of, fall, currency from staged_item
 where batch_id = :batch_id and verdict in ('opened', 'reopened', 'changed', 'zeroed', 'missing') and fall <> 0;

-- name: apply_debtors(source, batch_id)!
insert into exported_debtor (company, debtor_no, debtor_name, person_type, contact_person, email, language, country, region, postcode, time_zone,
  potential_class, agent, head_office, credit_limit, legal_state, source, batch_id, digest)
select company, debtor_no, debtor_name, person_type, contact_person, email, language, country, region, postcode, time_zone,
       potential_class, agent, head_office, credit_limit, legal_state, :source, batch_id, digest
  from staged_debtor where batch_id = :batch_id and chosen = 1
on conflict (company, debtor_no) do update set
  debtor_name = excluded.debtor_name, person_type = excluded.person_type, contact_person = excluded.contact_person, email = excluded.email,
  language = excluded.language, country = excluded.country, region = excluded.region, postcode = excluded.postcode, time_zone = excluded.time_zone,
  potential_class = excluded.potential_class, agent = excluded.agent, head_office = excluded.head_office, credit_limit = excluded.credit_limit,
  legal_state = excluded.legal_state, source = excluded.source, batch_id = excluded.batch_id, digest = excluded.digest;

-- name: apply_rejected_debtors(batch_id)!
-- Debtors of whom only a bad row tells: known by name, with nothing open and nothing to call, so that people can ask why.
insert into exported_debtor (company, debtor_no, debtor_name, source, batch_id)
select company, debtor_no, max(debtor_name), max(source), batch_id from row_reject
 where batch_id = :batch_id and debtor_no <> '' group by company, debtor_no, batch_id
on conflict (company, debtor_no) do nothing;

-- name: drop_old_numbers(batch_id)!
delete from exported_number
 where (company, debtor_no) in (select company, debtor_no from staged_debtor where batch_id = :batch_id and chosen = 1);

-- name: apply_numbers(batch_id)!
insert into exported_number (company, debtor_no, position, raw, e164, kind, zones, problem)
select company, debtor_no, position, raw, e164, kind, zones, problem from staged_number where batch_id = :batch_id;

-- name: staged_batches()
select distinct batch_id from staged_item union select distinct batch_id from staged_debtor union select distinct batch_id from staged_number;

-- The next three name SQLite's rowid (PostgreSQL: ctid).
-- name: purge_items(batch_id, size)!
delete from staged_item where rowid in (select rowid from staged_item where batch_id = :batch_id limit :size);

-- name: purge_debtors(batch_id, size)!
delete from staged_debtor where rowid in (select rowid from staged_debtor where batch_id = :batch_id limit :size);

-- name: purge_numbers(batch_id, size)!
delete from staged_number where rowid in (select rowid from staged_number where batch_id = :batch_id limit :size);
