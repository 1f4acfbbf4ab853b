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
insert into item_version (company, debtor_no, item_no, source, state, due_on, open_amount, currency, amount, invoiced_on, kind, payment_method,
  discount_until, dunning_level, last_dunned_on, dunning_deadline, dunning_block_until, dispute, contact_level, contacted_on, opened_as_of,
  changed_as_of, cleared_as_of, batch_id, digest, since)
select s.company, s.debtor_no, s.item_no, :source, case when s.verdict = 'zeroed' then 'cleared' else 'open' end, s.due_on, s.open_amount, s.currency,
       s.amount, s.invoiced_on, s.kind, s.payment_method, s.discount_until, s.dunning_level, s.last_dunned_on, s.dunning_deadline,
       s.dunning_block_until, s.dispute, coalesce(i.contact_level, 0), i.contacted_on,
       case when i.state = 'open' then i.opened_as_of else :as_of end,
       case when i.state = 'open' and i.digest = s.digest then i.changed_as_of else :as_of end,
       case when s.verdict = 'zeroed' then :as_of end, :batch_id, s.digest, v.number + 1
  from visible v cross join staged_item s
  left join item_version i on i.company = s.company and i.debtor_no = s.debtor_no and i.item_no = s.item_no
                          and i.since <= v.number and i.until > v.number
 where s.batch_id = :batch_id and s.verdict in ('opened', 'reopened', 'changed', 'zeroed', 'confirmed');

-- name: apply_missing(as_of, batch_id)!
insert into item_version (company, debtor_no, item_no, source, state, due_on, open_amount, currency, amount, invoiced_on, kind, payment_method,
  discount_until, dunning_level, last_dunned_on, dunning_deadline, dunning_block_until, dispute, contact_level, contacted_on, opened_as_of,
  changed_as_of, cleared_as_of, batch_id, digest, doubtful, since)
select i.company, i.debtor_no, i.item_no, i.source, case when s.verdict = 'missing' then 'cleared' else i.state end, i.due_on,
       case when s.verdict = 'missing' then 0 else i.open_amount end, i.currency, i.amount, i.invoiced_on, i.kind, i.payment_method,
       i.discount_until, i.dunning_level, i.last_dunned_on, i.dunning_deadline, i.dunning_block_until, i.dispute, i.contact_level,
       i.contacted_on, i.opened_as_of, case when s.verdict = 'missing' then :as_of else i.changed_as_of end,
       case when s.verdict = 'missing' then :as_of else i.cleared_as_of end, case when s.verdict = 'missing' then :batch_id else i.batch_id end,
       i.digest, s.verdict = 'doubtful', v.number + 1
  from visible v cross join staged_item s
  join item_version i on i.company = s.company and i.debtor_no = s.debtor_no and i.item_no = s.item_no
                     and i.since <= v.number and i.until > v.number
 where s.batch_id = :batch_id and s.verdict in ('missing', 'doubtful');

-- name: end_items()!
update item_version set until = v.number + 1
  from visible v join item_version n on n.since = v.number + 1
 where item_version.company = n.company and item_version.debtor_no = n.debtor_no and item_version.item_no = n.item_no
   and item_version.since <= v.number and item_version.until = 2147483647;

-- name: apply_clearings(as_of, batch_id)!
insert into clearing_version (company, debtor_no, item_no, batch_id, as_of, amount, currency, since)
select company, debtor_no, item_no, batch_id, :as_of, fall, currency, v.number + 1 from visible v cross join staged_item
 where batch_id = :batch_id and verdict in ('opened', 'reopened', 'changed', 'zeroed', 'missing') and fall <> 0;

-- name: apply_debtors(source, batch_id)!
insert into debtor_version (company, debtor_no, debtor_name, person_type, contact_person, email, language, country, region, postcode, time_zone,
  potential_class, agent, head_office, credit_limit, legal_state, source, batch_id, digest, since)
select company, debtor_no, debtor_name, person_type, contact_person, email, language, country, region, postcode, time_zone,
       potential_class, agent, head_office, credit_limit, legal_state, :source, batch_id, digest, v.number + 1
  from visible v cross join staged_debtor where batch_id = :batch_id and chosen = 1;

-- name: apply_rejected_debtors(batch_id)!
-- Debtors of whom only a bad row tells: known by name, with nothing open and nothing to call, so that people can ask why.
insert into debtor_version (company, debtor_no, debtor_name, source, batch_id, since)
select r.company, r.debtor_no, max(r.debtor_name), max(r.source), r.batch_id, v.number + 1 from visible v cross join row_reject r
 where r.batch_id = :batch_id and r.debtor_no <> ''
   and not exists (select 1 from debtor_version d where d.company = r.company and d.debtor_no = r.debtor_no)
 group by r.company, r.debtor_no, r.batch_id;

-- name: end_debtors()!
update debtor_version set until = v.number + 1
  from visible v join debtor_version n on n.since = v.number + 1
 where debtor_version.company = n.company and debtor_version.debtor_no = n.debtor_no
   and debtor_version.since <= v.number and debtor_version.until = 2147483647;

-- name: end_numbers(batch_id)!
update number_version set until = (select number + 1 from visible)
 where (company, debtor_no) in (select company, debtor_no from staged_debtor where batch_id = :batch_id and chosen = 1)
   and until = 2147483647;

-- name: apply_numbers(batch_id)!
insert into number_version (company, debtor_no, position, raw, e164, kind, zones, problem, since)
select company, debtor_no, position, raw, e164, kind, zones, problem, v.number + 1 from visible v cross join staged_number where batch_id = :batch_id;

-- name: move_on()!
update visible set number = number + 1;

-- name: drop_ended_items()!
delete from item_version where until <= (select number from visible) and until < 2147483647;

-- name: drop_ended_debtors()!
delete from debtor_version where until <= (select number from visible) and until < 2147483647;

-- name: drop_ended_numbers()!
delete from number_version where until <= (select number from visible) and until < 2147483647;

-- name: staged_batches()
select distinct batch_id from staged_item union select distinct batch_id from staged_debtor union select distinct batch_id from staged_number;

-- The next three name SQLite's rowid (PostgreSQL: ctid).
-- name: purge_items(batch_id, size)!
delete from staged_item where rowid in (select rowid from staged_item where batch_id = :batch_id limit :size);

-- name: purge_debtors(batch_id, size)!
delete from staged_debtor where rowid in (select rowid from staged_debtor where batch_id = :batch_id limit :size);

-- name: purge_numbers(batch_id, size)!
delete from staged_number where rowid in (select rowid from staged_number where batch_id = :batch_id limit :size);
