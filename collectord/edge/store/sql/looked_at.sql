-- Which debtors planning has to look at. Whether something is wanted of them is decided in core.

-- name: state()^
select turn, basis, planned_at, (select number from visible) as number from planning;

-- name: begin()!
update planning set turn = turn + 1;

-- name: finish(basis, now)!
update planning set basis = :basis, planned_at = :now;

-- name: touched()
select company, debtor_no from touched;

-- name: some_due(today, most)^
-- How many there are to look at, as far as it matters.
select (select count(*) from (select 1 from touched limit :most))
     + (select count(*) from (select 1 from looked_at where next_on <= :today limit :most)) as count;

-- name: some_debtors(most)^
select count(*) as count from (select 1 from debtor_version limit :most);

-- name: due(today)
-- Time alone may change what was decided.
select company, debtor_no from looked_at where next_on <= :today;

-- name: turned(after, now, after_on, today)
-- Rows dated between the last plan and this one: they were there already, and count from now on, or no more.
select company, debtor_no from fact
 where (at > :after and at <= :now) or (until_on >= :after_on and until_on < :today) or (revoked_at > :after and revoked_at <= :now)
union
select company, debtor_no from promise where (made_at > :after and made_at <= :now) or (judged_at > :after and judged_at <= :now)
union
select company, debtor_no from contact where at > :after and at <= :now
union
select company, debtor_no from message where (made_at > :after and made_at <= :now) or (sent_at > :after and sent_at <= :now)
union
select company, debtor_no from attempt where (placed_at > :after and placed_at <= :now) or (ended_at > :after and ended_at <= :now)
union
select company, debtor_no from task where created_at > :after and created_at <= :now
union
select m.company, m.debtor_no from payment p join payment_match m on m.payment_id = p.id
 where p.kind = 'return' and p.seen_at > :after and substr(p.seen_at, 1, 10) <= :today;

-- name: coming_batches(today)
-- Accepted, and dated later than the day of planning: their day concerns everybody.
select id from batch where status = 'accepted' and as_of > :today order by id;

-- name: roots()
select company, debtor_no, root from looked_at where root <> '';

-- name: remember()*!
insert into looked_at (company, debtor_no, next_on, root) values (?, ?, ?, ?)
on conflict (company, debtor_no) do update set next_on = excluded.next_on, root = excluded.root;

-- name: settle()*!
delete from touched where company = ? and debtor_no = ? and turn <= ? and since <= ?;

-- name: live(now)^
select count(*) as count from task where origin = 'ladder' and state in ('planned', 'ready', 'leased', 'in_call') and created_at <= :now;
