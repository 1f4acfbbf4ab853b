-- name: add_batch(id, source, file, stored_as, mode, as_of, as_of_from, received_at)!
insert into batch (id, seq, source, file, stored_as, digest, mode, as_of, as_of_from, status, received_at)
values (:id, 0, :source, :file, :stored_as, '', :mode, :as_of, :as_of_from, 'staging', :received_at);

-- name: set_digest(digest, size, id)!
update batch set digest = :digest, size = :size where id = :id;

-- name: tell(as_of, as_of_from, booked_until, id)!
-- What the file says about itself.
update batch set as_of = :as_of, as_of_from = :as_of_from, booked_until = :booked_until where id = :id;

-- name: scope(id)
select company from batch_scope where batch_id = :id order by company;

-- name: drop_scope(id)!
delete from batch_scope where batch_id = :id;

-- name: add_scope()*!
insert into batch_scope (batch_id, company) values (?, ?);

-- name: sizes(source, most)
select size from batch where source = :source and status = 'accepted' and mode = 'snapshot' and size > 0 order by seq desc limit :most;

-- name: batch(id)^
select * from batch where id = :id;

-- name: latest_accepted(source, companies, everything)^
-- Among those that cover one of the companies; :everything = 1: any company. (json_each: PostgreSQL's json_array_elements_text.)
select id, digest, as_of, fresh_as_of, 0 as last_snapshot from batch
 where source = :source and status = 'accepted'
   and (:everything = 1 or not exists (select 1 from batch_scope s where s.batch_id = batch.id)
        or exists (select 1 from batch_scope s
                    where s.batch_id = batch.id and (s.company = '*' or s.company in (select value from json_each(:companies)))))
 order by seq desc limit 1;

-- name: same_bytes(source, digest)^
select id, digest, as_of, fresh_as_of,
       mode = 'snapshot' and not exists (select 1 from batch n where n.source = batch.source and n.status = 'accepted' and n.mode = 'snapshot'
                                                                 and n.seq > batch.seq) as last_snapshot
  from batch where source = :source and digest = :digest and status = 'accepted' order by seq desc limit 1;

-- name: newest_as_of(source, companies, everything)^
select max(as_of) as as_of from batch
 where source = :source and status = 'accepted'
   and (:everything = 1 or not exists (select 1 from batch_scope s where s.batch_id = batch.id)
        or exists (select 1 from batch_scope s
                    where s.batch_id = batch.id and (s.company = '*' or s.company in (select value from json_each(:companies)))));

-- name: decide(status, reason, decided_at, fresh_as_of, row_count, accepted_count, opened, changed, unchanged, cleared, reopened, open_amount, detail, id)!
update batch set
  seq = (select coalesce(max(b.seq), 0) + 1 from batch b), status = :status, reason = :reason, decided_at = :decided_at, fresh_as_of = :fresh_as_of,
  row_count = :row_count, accepted_count = :accepted_count, opened = :opened, changed = :changed, unchanged = :unchanged, cleared = :cleared,
  reopened = :reopened, open_amount = :open_amount, detail = :detail
where id = :id;

-- name: decide_without_rows(status, reason, decided_at, id)!
update batch set seq = (select coalesce(max(b.seq), 0) + 1 from batch b), status = :status, reason = :reason, decided_at = :decided_at where id = :id;

-- name: repeat_counts(original, id)!
update batch set
  row_count = o.row_count, accepted_count = o.accepted_count, unchanged = o.accepted_count, open_amount = o.open_amount
from (select row_count, accepted_count, open_amount from batch where id = :original) as o
where batch.id = :id;

-- name: repeat_rejects(id, original)!
insert into row_reject (batch_id, source, line, column_name, value, reason, original, company, debtor_no, item_no, debtor_name)
select :id, source, line, column_name, value, reason, original, company, debtor_no, item_no, debtor_name from row_reject where batch_id = :original;

-- name: confirm(fresh_as_of, id)!
update batch set fresh_as_of = :fresh_as_of where id = :id;

-- name: held_up_to(source, as_of, by, companies)
select id, stored_as from batch
 where source = :source and status = 'held' and as_of <= :as_of and id <> :by
   and ('*' in (select value from json_each(:companies)) or '[]' = :companies
        or not exists (select 1 from batch_scope s
                        where s.batch_id = batch.id and s.company not in (select value from json_each(:companies))))
 order by id;

-- name: in_status(status)
select id, stored_as, status from batch where status = :status order by received_at, id;

-- name: rejects(id, most)
-- In the order of core/exports/open_items.BadRow.
select line, column_name, value, reason, original, company, debtor_no, item_no, debtor_name from row_reject where batch_id = :id order by line limit :most;

-- name: count_rejects(id)^
select count(*) as n from row_reject where batch_id = :id;

-- name: vague_rejects(id)^
-- Bad rows that do not say whose they are, or only whose.
select count(*) filter (where debtor_no = '') as nobodys, coalesce(min(line) filter (where debtor_no = ''), 0) as nobodys_line,
       count(*) filter (where debtor_no <> '') as keyless, coalesce(min(line) filter (where debtor_no <> ''), 0) as keyless_line
  from row_reject where batch_id = :id and (item_no = '' or debtor_no = '');

-- name: drop_rejects(id)!
delete from row_reject where batch_id = :id;

-- name: drop_batch(id)!
delete from batch where id = :id;

-- name: listed(now, state, limit)
select * from batch
 where received_at <= :now and (:state = '' or status = :state)
 order by received_at desc, seq desc, id desc limit :limit;

-- name: last_accepted$
select coalesce(max(seq), 0) from batch where status = 'accepted';

-- name: arrivals(now, most)
select source, received_at from (
  select source, received_at, row_number() over (partition by source order by received_at desc) as place from batch
   where status in ('accepted', 'duplicate') and received_at <= :now)
 where place <= :most order by source, received_at;

-- name: accepted_since(since, now)$
select exists (select 1 from batch where status = 'accepted' and received_at >= :since and received_at <= :now);
