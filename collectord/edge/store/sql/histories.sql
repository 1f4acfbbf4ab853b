-- What these debtors did so far (:keys: JSON, pairs of company and debtor_no). All as known on :today, at :now; what counts for what is decided
-- in core.

-- name: paid_of(keys, since, today)
-- Without items that went to another debtor: nobody paid them.
-- Dated by the bookings: what an export of the 26th no longer has was paid by the 24th when payments were booked up to there.
select i.company, i.debtor_no, i.item_no, i.due_on, i.currency,
       case when b.booked_until < i.cleared_as_of then b.booked_until else i.cleared_as_of end as cleared_on
  from item i left join batch b on b.id = i.batch_id
 where (i.company, i.debtor_no) in (select json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each(:keys))
   and i.state = 'cleared' and i.cleared_as_of > :since and i.cleared_as_of <= :today and i.dispute = 0 and i.payment_method <> 'direct_debit'
   and not exists (select 1 from clearing_version m
                    where m.company = i.company and m.debtor_no = i.debtor_no and m.item_no = i.item_no and m.moved_to <> ''
                      and m.as_of >= i.opened_as_of and m.as_of <= :today)
 order by i.company, i.debtor_no, cleared_on, i.due_on, i.item_no;

-- name: falls_of(keys, today)
-- Since the item was opened, last: one that came back was open all the time.
select c.company, c.debtor_no, c.item_no, c.as_of, c.amount, c.currency, i.due_on, i.open_amount
  from clearing c cross join item i on i.company = c.company and i.debtor_no = c.debtor_no and i.item_no = c.item_no
 where (c.company, c.debtor_no) in (select json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each(:keys))
   and c.as_of <= :today and c.as_of >= i.opened_as_of
 order by c.company, c.debtor_no, c.as_of, i.due_on, c.item_no;

-- name: contacts_of(keys, since, now)
-- Calls of ours, contacts made elsewhere, letters and e-mails; without calls to a number that turned out to be somebody else's.
with stretch as (
  select a.company, a.debtor_no, coalesce(a.dialled_at, a.placed_at) as at, 'call' as medium, 'outbound' as direction, a.number,
         case when a.state = 'unknown' then 'unknown' else a.result end as result, a.disposition, '' as conversation_about, 0 as third_party,
         case when exists (select 1 from task t where t.id = a.task_id and t.origin = 'callback') then 1 else 0 end as agreed
    from attempt a
   where (a.company, a.debtor_no) in (select json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each(:keys))
     and a.placed_at >= :since and a.placed_at <= :now and (a.state = 'unknown' or a.ended_at <= :now)
  union all
  select c.company, c.debtor_no, c.at, c.medium, c.direction, c.number, c.result, c.disposition, c.conversation_about, c.third_party, 0
    from contact c
   where (c.company, c.debtor_no) in (select json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each(:keys))
     and c.at >= :since and c.at <= :now
  union all
  select m.company, m.debtor_no, coalesce(m.sent_at, m.made_at), m.medium, 'outbound', '', 'sent', '', '', 0, 0
    from message m
   where (m.company, m.debtor_no) in (select json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each(:keys))
     and m.made_at >= :since and m.made_at <= :now and m.state in ('sent', 'unknown') and coalesce(m.sent_at, m.made_at) <= :now
)
select * from stretch s
 where s.number = ''
    or not exists (select 1 from fact f
                    where f.company = s.company and f.debtor_no = s.debtor_no and f.kind = 'number_wrong' and f.value = s.number
                      and f.at >= s.at and f.at <= :now
                      and (f.revoked_at is null or f.revoked_at > :now))
 order by s.company, s.debtor_no, s.at;

-- name: judged_of(keys, now)
select company, debtor_no, state, judged_at from promise
 where (company, debtor_no) in (select json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each(:keys))
   and state in ('kept', 'partially_kept', 'broken') and judged_at <= :now
 order by company, debtor_no, made_at, id;

-- name: cleared_items()$
-- Index item_by_source alone answers it.
select count(*) from item_version where source in (select distinct source from batch) and state = 'cleared';

-- name: sums_by_class(since, today, late_after, earliest, latest, every)
-- What debtors of each potential class have in common, in sums (core/receivables/peers.Sums) over the same items as paid_of, of every
-- :every-th debtor by the last characters of its number. julianday, substr from the end and unicode are SQLite's (PostgreSQL: dates are
-- subtracted, right, ascii). A source is named so that index item_by_source finds the cleared items.
with paid as (
  select i.company, i.debtor_no,
         cast(julianday(case when b.booked_until < i.cleared_as_of then b.booked_until else i.cleared_as_of end) - julianday(i.due_on) as integer) as days
    from item i left join batch b on b.id = i.batch_id
   where i.source in (select distinct source from batch) and i.state = 'cleared'
     and (unicode(substr(i.debtor_no, -1)) + 10 * coalesce(unicode(substr(i.debtor_no, -2, 1)), 0)) % :every = 0 and i.cleared_as_of > :since and i.cleared_as_of <= :today
     and i.dispute = 0 and i.payment_method <> 'direct_debit' and i.kind = 'invoice'
     and not exists (select 1 from clearing_version m
                      where m.company = i.company and m.debtor_no = i.debtor_no and m.item_no = i.item_no and m.moved_to <> ''
                        and m.as_of >= i.opened_as_of and m.as_of <= :today)
), told as (
  select company, debtor_no, case when days > :late_after then 1 else 0 end as late,
         case when days < :earliest then :earliest when days > :latest then :latest else days end as days
    from paid
), debtors as (
  select company, debtor_no, count(*) as items, sum(late) as late, sum(days) as days, sum(days * days) as squared from told group by company, debtor_no
)
select coalesce((select d.potential_class from debtor d where d.company = g.company and d.debtor_no = g.debtor_no), '') as potential_class,
       count(*) as debtors, sum(items) as items, sum(late) as late, sum(1.0 * items * items) as items_squared,
       sum(1.0 * late * late / items) as late_squared, sum(1.0 * days) as days, sum(1.0 * squared) as days_squared,
       sum(1.0 * days * days / items) as days_together
  from debtors g group by 1 order by 1;
