-- What beyond the ledger holds ladders: recorded facts, open promises, live tasks that no ladder made. All as known at :now; of everybody, and
-- of one debtor (..._of), because one statement for both would find no index.

-- name: holding_facts(now)
select * from fact
 where kind in ('do_not_call', 'legal_state', 'dispute', 'objection', 'grace', 'ask_first', 'asked')
   and at <= :now and (revoked_at is null or revoked_at > :now)
 order by at, id;

-- name: holding_facts_of(now, company, debtor_no)
select * from fact
 where kind in ('do_not_call', 'legal_state', 'dispute', 'objection', 'grace', 'ask_first', 'asked')
   and at <= :now and (revoked_at is null or revoked_at > :now)
   and company = :company and debtor_no = :debtor_no
 order by at, id;

-- name: open_promises(now)
-- One that waits for a lead holds until that one's time is over, at the latest.
select company, debtor_no, max(case when decide_until < grace_until then decide_until else grace_until end) as until_on,
       max(case when approval = 'pending' then 1 else 0 end) as pending
  from promise
 where made_at <= :now and (state = 'open' or judged_at > :now)
 group by company, debtor_no;

-- name: open_promises_of(now, company, debtor_no)
-- One that waits for a lead holds until that one's time is over, at the latest.
select company, debtor_no, max(case when decide_until < grace_until then decide_until else grace_until end) as until_on,
       max(case when approval = 'pending' then 1 else 0 end) as pending
  from promise
 where made_at <= :now and (state = 'open' or judged_at > :now)
   and company = :company and debtor_no = :debtor_no
 group by company, debtor_no;

-- name: appointments(now)
select company, debtor_no, min(not_before) as at from task
 where origin in ('callback', 'promise') and state in ('planned', 'ready', 'leased', 'in_call') and created_at <= :now
 group by company, debtor_no;

-- name: appointments_of(now, company, debtor_no)
select company, debtor_no, min(not_before) as at from task
 where origin in ('callback', 'promise') and state in ('planned', 'ready', 'leased', 'in_call') and created_at <= :now
   and company = :company and debtor_no = :debtor_no
 group by company, debtor_no;
