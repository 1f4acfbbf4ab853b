-- Letters and e-mails to debtors. What may leave is decided in core and asked of the gate; here only ids, states and times count.

-- name: put(id, task_id, company, debtor_no, medium, template, language, items, recipient, digest, state, made_at, not_before, sent_at, tries, failure)!
insert into message (id, task_id, company, debtor_no, medium, template, language, items, recipient, digest, state, made_at, not_before,
                     sent_at, tries, failure)
values (:id, :task_id, :company, :debtor_no, :medium, :template, :language, :items, :recipient, :digest, :state, :made_at, :not_before,
        :sent_at, :tries, :failure)
on conflict (id) do update
   set template = excluded.template, language = excluded.language, items = excluded.items, recipient = excluded.recipient,
       digest = excluded.digest, state = excluded.state, not_before = excluded.not_before, sent_at = excluded.sent_at,
       tries = excluded.tries, failure = excluded.failure
 where message.state not in ('sent', 'unknown');

-- name: of_task(task_id)^
select * from message where task_id = :task_id;

-- name: by_id(id)^
select * from message where id = :id;

-- name: item_stands(company, debtor_no, item_no)^
select contact_level, contact_rungs, contacted_on from item where company = :company and debtor_no = :debtor_no and item_no = :item_no;

-- name: remember_steps(id, steps)!
update message set steps_before = :steps where id = :id;

-- name: set_step_back(level, rungs, on, company, debtor_no, item_no, level_then, on_then)!
-- Only where nothing was done about the item since.
update item_version set contact_level = :level, contact_rungs = :rungs, contacted_on = :on
 where company = :company and debtor_no = :debtor_no and item_no = :item_no and until > (select number from visible)
   and contact_level = :level_then and contacted_on = :on_then;

-- name: resolve(id, state, failure)!
update message set state = :state, failure = :failure where id = :id and state = 'unknown';

-- name: being_sent()
select * from message where state = 'sending' order by made_at, id;

-- name: waiting(now, email, letter, limit)
-- Tasks whose time has come.
select id from task
 where state = 'ready' and not_before <= :now and (expires_at is null or expires_at > :now)
   and ((medium = 'email' and :email = 1) or (medium = 'letter' and :letter = 1))
 order by value desc, priority desc, worth desc, not_before, id
 limit :limit;

-- name: astray(since)$
select count(*) from message m
 where (m.state = 'unknown' and m.sent_at >= :since)
    or (m.state = 'failed' and exists (select 1 from task t where t.id = m.task_id and t.state in ('planned', 'ready', 'leased')));

-- name: letters_between(since, until)
select m.*, (select d.debtor_name from debtor d where d.company = m.company and d.debtor_no = m.debtor_no) as debtor_name,
       (select d.contact_person from debtor d where d.company = m.company and d.debtor_no = m.debtor_no) as contact_person,
       (select d.postcode from debtor d where d.company = m.company and d.debtor_no = m.debtor_no) as postcode,
       (select d.country from debtor d where d.company = m.company and d.debtor_no = m.debtor_no) as country
  from message m
 where m.medium = 'letter' and m.state = 'sent' and m.sent_at >= :since and m.sent_at < :until
 order by m.sent_at, m.id;

-- name: listed(now, company, debtor_no, state, limit)
select * from message
 where made_at <= :now
   and (:company is null or company = :company) and (:debtor_no is null or debtor_no = :debtor_no)
   and (:state is null or state = :state)
 order by made_at desc, id desc limit :limit;
