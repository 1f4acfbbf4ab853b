-- From the scratch of a batch (attached as `scratch`) into the ledger's versions. :coming is visible.number + 1; nobody sees it yet.

-- name: state()^
select number, coming from visible;

-- name: announce(batch_id)!
update visible set coming = :batch_id;

-- name: move_on()!
update visible set number = number + 1, coming = '';

-- name: last_change$
select coalesce(max(n), 0) from scratch.change;

-- name: last_missing$
select coalesce(max(n), 0) from scratch.missing;

-- name: last_chosen$
select coalesce(max(n), 0) from scratch.chosen;

-- name: open_items(coming, source, as_of, batch_id, low, high)!
-- Items that the ledger never saw.
insert into item_version (company, debtor_no, item_no, source, state, due_on, open_amount, currency, amount, invoiced_on, kind, payment_method,
  discount_until, dunning_level, last_dunned_on, dunning_deadline, dunning_block_until, dispute, opened_as_of, changed_as_of, batch_id, digest, since)
select s.company, s.debtor_no, s.item_no, :source, 'open', s.due_on, s.open_amount, d.currency, s.amount, d.invoiced_on, d.kind, d.payment_method,
       d.discount_until, d.dunning_level, d.last_dunned_on, d.dunning_deadline, d.dunning_block_until, d.dispute, :as_of, :as_of, :batch_id,
       s.digest, :coming
  from scratch.change c cross join scratch.item s on s.rowid = c.item cross join scratch.detail d on d.number = s.detail
 where c.n > :low and c.n <= :high and c.verdict = 'opened';

-- name: change_items(coming, source, as_of, batch_id, low, high)!
insert into item_version (company, debtor_no, item_no, source, state, due_on, open_amount, currency, amount, invoiced_on, kind, payment_method,
  discount_until, dunning_level, last_dunned_on, dunning_deadline, dunning_block_until, dispute, contact_level, contact_rungs, contacted_on,
  opened_as_of, changed_as_of, cleared_as_of, batch_id, digest, since)
select s.company, s.debtor_no, s.item_no, :source, case when c.verdict = 'zeroed' then 'cleared' else 'open' end, s.due_on, s.open_amount, d.currency,
       s.amount, d.invoiced_on, d.kind, d.payment_method, d.discount_until, d.dunning_level, d.last_dunned_on, d.dunning_deadline,
       d.dunning_block_until, d.dispute, i.contact_level, i.contact_rungs, i.contacted_on,
       case when i.state = 'open' then i.opened_as_of else :as_of end,
       case when i.state = 'open' and i.digest = s.digest then i.changed_as_of else :as_of end,
       case when c.verdict = 'zeroed' then :as_of end, :batch_id, s.digest, :coming
  from scratch.change c cross join scratch.item s on s.rowid = c.item cross join scratch.detail d on d.number = s.detail
 cross join item_version i on i.company = s.company and i.debtor_no = s.debtor_no and i.item_no = s.item_no
                          and i.since < :coming and i.until = 2147483647
 where c.n > :low and c.n <= :high and c.verdict <> 'opened';

-- name: end_changed(coming, low, high)!
update item_version set until = :coming
 where (company, debtor_no, item_no) in (
   select s.company, s.debtor_no, s.item_no from scratch.change c cross join scratch.item s on s.rowid = c.item
    where c.n > :low and c.n <= :high and c.verdict <> 'opened')
   and since < :coming and until = 2147483647;

-- name: clear_changed(coming, as_of, batch_id, low, high)!
insert into clearing_version (company, debtor_no, item_no, batch_id, as_of, amount, currency, since)
select s.company, s.debtor_no, s.item_no, :batch_id, :as_of, c.fall, d.currency, :coming
  from scratch.change c cross join scratch.item s on s.rowid = c.item cross join scratch.detail d on d.number = s.detail
 where c.n > :low and c.n <= :high and c.fall <> 0;

-- name: mark_changed(coming, low, high)!
-- Planning looks at them once they are visible: what the triggers of touched.sql do for every other table.
insert into touched (company, debtor_no, turn, since)
select distinct s.company, s.debtor_no, (select turn + 1 from planning), :coming
  from scratch.change c cross join scratch.item s on s.rowid = c.item where c.n > :low and c.n <= :high
    on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since)
 where turn <> excluded.turn or since < excluded.since;

-- name: end_items(coming, as_of, batch_id, low, high)!
-- What a snapshot no longer names is cleared, or in doubt.
insert into item_version (company, debtor_no, item_no, source, state, due_on, open_amount, currency, amount, invoiced_on, kind, payment_method,
  discount_until, dunning_level, last_dunned_on, dunning_deadline, dunning_block_until, dispute, contact_level, contact_rungs, contacted_on,
  opened_as_of, changed_as_of, cleared_as_of, batch_id, digest, doubtful, since)
select i.company, i.debtor_no, i.item_no, i.source, case when m.verdict = 'missing' then 'cleared' else i.state end, i.due_on,
       case when m.verdict = 'missing' then 0 else i.open_amount end, i.currency, i.amount, i.invoiced_on, i.kind, i.payment_method,
       i.discount_until, i.dunning_level, i.last_dunned_on, i.dunning_deadline, i.dunning_block_until, i.dispute, i.contact_level,
       i.contact_rungs, i.contacted_on, i.opened_as_of, case when m.verdict = 'missing' then :as_of else i.changed_as_of end,
       case when m.verdict = 'missing' then :as_of else i.cleared_as_of end, case when m.verdict = 'missing' then :batch_id else i.batch_id end,
       i.digest, case when m.verdict = 'missing' then 0 when i.doubtful > 0 then i.doubtful else cast(replace(:as_of, '-', '') as integer) end,
       :coming
  from scratch.missing m
 cross join item_version i on i.company = m.company and i.debtor_no = m.debtor_no and i.item_no = m.item_no
                          and i.since < :coming and i.until = 2147483647
 where m.n > :low and m.n <= :high;

-- name: end_missing(coming, low, high)!
update item_version set until = :coming
 where (company, debtor_no, item_no) in (select company, debtor_no, item_no from scratch.missing where n > :low and n <= :high)
   and since < :coming and until = 2147483647;

-- name: clear_missing(coming, as_of, batch_id, low, high)!
insert into clearing_version (company, debtor_no, item_no, batch_id, as_of, amount, currency, since)
select company, debtor_no, item_no, :batch_id, :as_of, fall, currency, :coming
  from scratch.missing where n > :low and n <= :high and verdict = 'missing' and fall <> 0;

-- name: mark_missing(coming, low, high)!
insert into touched (company, debtor_no, turn, since)
select distinct company, debtor_no, (select turn + 1 from planning), :coming
  from scratch.missing where n > :low and n <= :high
    on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since)
 where turn <> excluded.turn or since < excluded.since;

-- name: end_debtors(coming, low, high)!
update debtor_version set until = :coming
 where (company, debtor_no) in (select company, debtor_no from scratch.chosen where n > :low and n <= :high)
   and since < :coming and until = 2147483647;

-- name: put_debtors(coming, source, batch_id, low, high)!
insert into debtor_version (company, debtor_no, debtor_name, person_type, contact_person, email, language, country, region, postcode, time_zone,
  potential_class, agent, head_office, credit_limit, legal_state, source, batch_id, digest, since)
select s.company, s.debtor_no, s.debtor_name, s.person_type, s.contact_person, s.email, s.language, s.country, s.region, s.postcode, s.time_zone,
       s.potential_class, s.agent, s.head_office, s.credit_limit, s.legal_state, :source, :batch_id, s.digest, :coming
  from scratch.chosen c cross join scratch.saying s on s.company = c.company and s.debtor_no = c.debtor_no and s.digest = c.digest
 where c.n > :low and c.n <= :high;

-- name: end_numbers(coming, low, high)!
update number_version set until = :coming
 where (company, debtor_no) in (select company, debtor_no from scratch.chosen where n > :low and n <= :high)
   and since < :coming and until = 2147483647;

-- name: put_numbers(coming, low, high)!
insert into number_version (company, debtor_no, position, raw, e164, kind, zones, problem, since)
select c.company, c.debtor_no, p.position, p.raw, p.e164, p.kind, p.zones, p.problem, :coming
  from scratch.chosen c cross join scratch.number p on p.n = c.n
 where c.n > :low and c.n <= :high;

-- name: mark_chosen(coming, low, high)!
insert into touched (company, debtor_no, turn, since)
select company, debtor_no, (select turn + 1 from planning), :coming from scratch.chosen where n > :low and n <= :high
    on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since)
 where turn <> excluded.turn or since < excluded.since;

-- name: last_reject$
select coalesce(max(rowid), 0) from scratch.reject;

-- name: put_rejects(batch_id, source, low, high)!
insert into row_reject (batch_id, source, line, column_name, value, reason, original, company, debtor_no, item_no, debtor_name)
select :batch_id, :source, line, column_name, value, reason, original, company, debtor_no, item_no, debtor_name
  from scratch.reject where rowid > :low and rowid <= :high;

-- name: put_rejected_debtors(coming, source, batch_id, low, high)!
-- Debtors of whom only a bad row tells: known by name, with nothing open and nothing to call, so that people can ask why.
insert into debtor_version (company, debtor_no, debtor_name, source, batch_id, since)
select r.company, r.debtor_no, max(r.debtor_name), :source, :batch_id, :coming from scratch.reject r
 where r.rowid > :low and r.rowid <= :high and r.debtor_no <> ''
   and not exists (select 1 from debtor_version d where d.company = r.company and d.debtor_no = r.debtor_no and d.until = 2147483647)
 group by r.company, r.debtor_no;

-- name: mark_rejected(coming, low, high)!
insert into touched (company, debtor_no, turn, since)
select distinct company, debtor_no, (select turn + 1 from planning), :coming
  from scratch.reject where rowid > :low and rowid <= :high and debtor_no <> ''
    on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since)
 where turn <> excluded.turn or since < excluded.since;

-- name: said()
select line, texts from scratch.said order by rowid;

-- name: ended_items(number, size)!
-- Versions that a visible batch has ended.
delete from item_version where (company, debtor_no, item_no, since) in (
  select company, debtor_no, item_no, since from item_version where until <= :number and until < 2147483647 limit :size);

-- name: ended_debtors(number, size)!
delete from debtor_version where (company, debtor_no, since) in (
  select company, debtor_no, since from debtor_version where until <= :number and until < 2147483647 limit :size);

-- name: ended_numbers(number, size)!
delete from number_version where (company, debtor_no, position, since) in (
  select company, debtor_no, position, since from number_version where until <= :number and until < 2147483647 limit :size);

-- name: stretch_of_items(company, debtor_no, item_no, size)^
-- The end of the next stretch of keys; coming versions have no index of their own, because nearly never anybody looks for them.
select company, debtor_no, item_no from item_version where (company, debtor_no, item_no) > (:company, :debtor_no, :item_no)
 order by company, debtor_no, item_no limit 1 offset :size;

-- name: withdraw_items(coming, company, debtor_no, item_no, to_company, to_debtor, to_item)!
delete from item_version
 where (company, debtor_no, item_no) > (:company, :debtor_no, :item_no) and (company, debtor_no, item_no) <= (:to_company, :to_debtor, :to_item)
   and since = :coming;

-- name: withdraw_debtors(coming)!
delete from debtor_version where since = :coming;

-- name: withdraw_numbers(coming)!
delete from number_version where since = :coming;

-- name: withdraw_clearings(coming)!
delete from clearing_version where since = :coming;

-- name: restore_items(coming, size)!
update item_version set until = 2147483647 where (company, debtor_no, item_no, since) in (
  select company, debtor_no, item_no, since from item_version where until = :coming and until < 2147483647 limit :size);

-- name: restore_debtors(coming, size)!
update debtor_version set until = 2147483647 where (company, debtor_no, since) in (
  select company, debtor_no, since from debtor_version where until = :coming and until < 2147483647 limit :size);

-- name: restore_numbers(coming, size)!
update number_version set until = 2147483647 where (company, debtor_no, position, since) in (
  select company, debtor_no, position, since from number_version where until = :coming and until < 2147483647 limit :size);
