-- The scratch database of one batch (main), with the ledger attached read-only as `ledger`. The child process alone runs these.

-- name: create#
create table item (
  company text not null, debtor_no text not null, item_no text not null, line integer not null, digest text not null, due_on text not null,
  open_amount integer not null, amount integer, detail integer not null
);
create table detail (                     -- the columns that repeat from row to row
  number integer primary key, currency text not null, invoiced_on text, kind text not null, payment_method text not null, discount_until text,
  dunning_level integer, last_dunned_on text, dunning_deadline text, dunning_block_until text, dispute integer not null
);
create table saying (                     -- what the file says about a debtor, each different saying once
  company text not null, debtor_no text not null, digest text not null, line integer not null,
  debtor_name text not null, person_type text not null, contact_person text not null, email text not null, language text not null,
  country text not null, region text not null, postcode text not null, time_zone text not null, potential_class text not null,
  agent text not null, head_office text not null, credit_limit integer, legal_state text not null, phone text not null, phone2 text not null,
  primary key (company, debtor_no, digest)
) without rowid;
create table reject (
  line integer not null, column_name text not null, value text not null, reason text not null, original text not null, company text not null,
  debtor_no text not null, item_no text not null, debtor_name text not null
);
create table twisted (line integer primary key, company text not null, debtor_no text not null, item_no text not null);
create table situation (code integer primary key, verdict text not null);
create table change (                     -- rows of the file that change the ledger, in the order of their keys
  n integer primary key, item integer not null, verdict text not null, was integer not null, fall integer not null default 0
);
create index change_of_known on change (n) where verdict <> 'opened';  -- a first load has none: nothing is looked for then
create index change_with_fall on change (n) where fall <> 0;
create table missing (                    -- open items of the ledger that a snapshot no longer names, in the order of their keys
  n integer primary key, company text not null, debtor_no text not null, item_no text not null, verdict text not null, was integer not null,
  fall integer not null default 0, currency text not null
);
create table gone (company text, debtor_no text, item_no text, primary key (company, debtor_no, item_no)) without rowid;  -- fast way
create table scope (company text primary key);
create table chosen (                     -- debtors that change, in the order of their keys, and which saying holds
  n integer primary key, company text not null, debtor_no text not null, digest text not null
);
create table number (
  n integer not null, position integer not null, raw text not null, e164 text not null, kind text not null, zones text not null,
  problem text not null, primary key (n, position)
);
create table judged (                     -- numbers of a saying, judged by whoever read its half of the file
  company text not null, debtor_no text not null, digest text not null, position integer not null, e164 text not null, kind text not null,
  zones text not null, problem text not null, primary key (company, debtor_no, digest, position)
) without rowid;
create table said (line integer not null, texts text not null);  -- rows of other kinds than open items, JSON

-- name: add_detail()*!
insert into detail values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: add_saying()*!
insert into saying values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing;

-- name: add_reject()*!
insert into reject values (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: add_said()*!
insert into said values (?, ?);

-- name: said()
select line, texts from said order by rowid;

-- name: absorb_items!
-- Of the other half of the file, attached as `half`.
insert into item select * from half.item;

-- name: absorb_details!
insert into detail select * from half.detail;

-- name: absorb_sayings!
insert into saying select * from half.saying where true on conflict do nothing;

-- name: absorb_rejects!
insert into reject select * from half.reject;

-- name: absorb_judged!
insert into judged select * from half.judged where true on conflict do nothing;

-- name: index_items!
create index item_by_key on item (company, debtor_no, item_no);

-- name: several()
-- Items that the file names more than once, found in the index alone.
select k.company, k.debtor_no, k.item_no,
       (select count(distinct s.digest) from item s where s.company = k.company and s.debtor_no = k.debtor_no and s.item_no = k.item_no) as sayings
  from (select company, debtor_no, item_no from item group by company, debtor_no, item_no having count(*) > 1) k;

-- name: drop_twins(company, debtor_no, item_no)!
delete from item
 where company = :company and debtor_no = :debtor_no and item_no = :item_no
   and rowid > (select min(o.rowid) from item o where o.company = :company and o.debtor_no = :debtor_no and o.item_no = :item_no);

-- name: twist(company, debtor_no, item_no)!
insert into twisted select line, company, debtor_no, item_no from item where company = :company and debtor_no = :debtor_no and item_no = :item_no;

-- name: drop_twisted(company, debtor_no, item_no)!
delete from item where company = :company and debtor_no = :debtor_no and item_no = :item_no;

-- name: has_twisted$
select exists (select 1 from twisted);

-- name: twisted_at(line)^
select company, debtor_no, item_no from twisted where line = :line;

-- name: lines_of(company, debtor_no, item_no)
select line from twisted where company = :company and debtor_no = :debtor_no and item_no = :item_no order by line limit 20;

-- name: visible$
select number from ledger.visible;

-- name: add_situation()*!
insert into situation values (?, ?);

-- name: compare(number, source)!
-- What is known about each row's item, as a code; core says which verdict that is.
insert into change (item, verdict, was, fall)
select item, verdict, was, case when was <> 0 or open_amount < 0 then fall(was, open_amount) else 0 end from (
  select s.rowid as item, s.open_amount, case when i.state = 'open' then i.open_amount else 0 end as was,
         case when i.item_no is null then 0 else 1 end + case when i.state = 'open' then 2 else 0 end
           + case when s.open_amount = 0 then 4 else 0 end + case when i.digest = s.digest then 8 else 0 end
           + case when i.source = :source and i.doubtful = 0 then 16 else 0 end as code
    from item s
    left join ledger.item_version i on i.company = s.company and i.debtor_no = s.debtor_no and i.item_no = s.item_no
                                   and i.since <= :number and i.until > :number
   order by s.company, s.debtor_no, s.item_no
) cross join situation using (code)
where verdict not in ('unchanged', 'nothing');

-- name: companies()
-- Each company costs one step in the index, however many items it has.
with recursive each (company) as (
  select min(company) from item
  union all
  select (select min(i.company) from item i where i.company > each.company) from each where each.company is not null
)
select company from each where company is not null;

-- name: ledger_companies(source)
with recursive each (company) as (
  select min(company) from ledger.item_version where source = :source and state = 'open'
  union all
  select (select min(i.company) from ledger.item_version i where i.source = :source and i.state = 'open' and i.company > each.company)
    from each where each.company is not null
)
select company from each where company is not null;

-- name: add_scope()*!
insert into scope values (?) on conflict do nothing;

-- name: has_unknown_reject$
select exists (select 1 from reject where company = '' and debtor_no = '');

-- name: index_rejects!
create index reject_by_key on reject (company, debtor_no, item_no);

-- name: find_missing(number, source, verdict)!
insert into missing (company, debtor_no, item_no, verdict, was, fall, currency)
select i.company, i.debtor_no, i.item_no, :verdict, i.open_amount, fall(i.open_amount, 0), i.currency
  from scope c cross join ledger.item_version i
 where i.company = c.company and i.source = :source and i.state = 'open' and i.since <= :number and i.until > :number
   and not exists (select 1 from item s where s.company = i.company and s.debtor_no = i.debtor_no and s.item_no = i.item_no)
   and not exists (select 1 from twisted t where t.company = i.company and t.debtor_no = i.debtor_no and t.item_no = i.item_no)
   and not exists (select 1 from reject r where r.company = i.company and r.debtor_no = i.debtor_no and r.item_no in (i.item_no, ''))
 order by i.company, i.debtor_no, i.item_no;

-- name: before(number, source, as_of)
-- Open items of the scope; the direct debits that are due go by themselves.
select i.currency, i.payment_method = 'direct_debit' and i.due_on <= :as_of as explained, count(*) as items,
       sum(case when i.open_amount > 0 then i.open_amount else 0 end) as claims
  from scope c cross join ledger.item_version i
 where i.company = c.company and i.source = :source and i.state = 'open' and i.since <= :number and i.until > :number
 group by 1, 2;

-- name: before_by_company(number, source, as_of)
-- The same of the whole source; where a company has several currencies.
select i.company, i.currency, i.payment_method = 'direct_debit' and i.due_on <= :as_of as explained, count(*) as items,
       sum(case when i.open_amount > 0 then i.open_amount else 0 end) as claims
  from ledger.item_version i
 where i.source = :source and i.state = 'open' and i.since <= :number and i.until > :number
 group by 1, 2, 3;

-- name: before_in_order(number, source, as_of)
-- The same in the order of the table, for companies with one currency each: nothing is sorted or looked up, four times as quick.
select i.company, min(i.currency) as currency, max(i.currency) as last_currency, count(*) as items,
       sum(case when i.open_amount > 0 then i.open_amount else 0 end) as claims,
       count(*) filter (where i.payment_method = 'direct_debit' and i.due_on <= :as_of) as explained,
       sum(case when i.open_amount > 0 then i.open_amount else 0 end)
         filter (where i.payment_method = 'direct_debit' and i.due_on <= :as_of) as explained_claims
  from ledger.item_version i
 where +i.source = :source and +i.state = 'open' and i.since <= :number and i.until > :number
 group by i.company;

-- name: versions_in_all$
select count(*) from ledger.item_version;

-- name: scope()
select company from scope;

-- name: paid(number, source, as_of)
-- Of the others, those that a bank statement's payment is taken to pay.
select i.currency, count(*) as items, sum(case when i.open_amount > 0 then i.open_amount else 0 end) as claims
  from (select distinct m.company, m.debtor_no, m.item_no from ledger.payment p join ledger.payment_match m on m.payment_id = p.id
         where p.state = 'matched') m
  join ledger.item_version i on i.company = m.company and i.debtor_no = m.debtor_no and i.item_no = m.item_no
 where i.source = :source and i.state = 'open' and i.since <= :number and i.until > :number and i.company in (select company from scope)
   and not (i.payment_method = 'direct_debit' and i.due_on <= :as_of)
 group by i.currency;

-- name: gone(number, as_of)
-- What of it would go, in the same sums.
select currency, explained, count(*) filter (where vanished) as items, sum(case when was > 0 then fall else 0 end) as claims
  from (select i.currency, g.was, g.fall, g.vanished,
               (i.payment_method = 'direct_debit' and i.due_on <= :as_of)
               or exists (select 1 from ledger.payment_match m join ledger.payment p on p.id = m.payment_id
                           where m.company = i.company and m.debtor_no = i.debtor_no and m.item_no = i.item_no and p.state = 'matched') as explained
          from (select company, debtor_no, item_no, was, fall, 1 as vanished from missing
                union all
                select s.company, s.debtor_no, s.item_no, h.was, h.fall, h.verdict = 'zeroed' from change h join item s on s.rowid = h.item
                 where h.verdict in ('changed', 'zeroed')) g
          join ledger.item_version i on i.company = g.company and i.debtor_no = g.debtor_no and i.item_no = g.item_no
                                    and i.since <= :number and i.until > :number)
 group by currency, explained;

-- name: verdicts()
select verdict, count(*) as n from change group by verdict union all select verdict, count(*) from missing group by verdict;

-- name: rows$
select count(*) from item;

-- name: rejected$
select count(*) from reject;

-- name: quality(far_ahead, long_ago)
-- Holes in what the file changes, as core/exports/data_quality names them.
select 'invalid_number' as hole, count(*) as n from number where problem <> ''
union all
select 'no_dialable_number', count(*) from chosen c where not exists (select 1 from number x where x.n = c.n and x.e164 <> '')
union all
select 'implausible_due_date', count(*) from change g cross join item s on s.rowid = g.item cross join detail d on d.number = s.detail
 where g.verdict in ('opened', 'reopened', 'changed') and (s.due_on > :far_ahead or s.due_on < :long_ago or s.due_on < d.invoiced_on)
union all
select case when value = '' then 'missing_due_date' else 'implausible_due_date' end, count(*) from reject where column_name = 'due_on' group by 1;

-- name: currencies()
select distinct currency from detail;

-- name: total$
select sum(open_amount) from item;

-- name: totals()
select d.currency, sum(s.open_amount) as amount from item s join detail d on d.number = s.detail group by d.currency;

-- name: choose_plain(number, whole)!
-- Debtors of whom the file says one thing, and something else than the ledger. `whole` = 1: the file has all of a debtor's columns.
insert into chosen (company, debtor_no, digest)
select s.company, s.debtor_no, s.digest
  from (select company, debtor_no, max(digest) as digest from saying group by company, debtor_no having count(*) = 1) s
  left join ledger.debtor_version d on d.company = s.company and d.debtor_no = s.debtor_no and d.since <= :number and d.until > :number
 where d.digest is null or (:whole = 1 and d.digest <> s.digest)
 order by s.company, s.debtor_no;

-- name: mixed(number, whole)
-- Debtors whose sayings have to be put together: with each other, or with what the ledger knows beyond the file's columns.
select s.company, s.debtor_no
  from (select company, debtor_no, max(digest) as digest, count(*) as sayings from saying group by company, debtor_no) s
  left join ledger.debtor_version d on d.company = s.company and d.debtor_no = s.debtor_no and d.since <= :number and d.until > :number
 where s.sayings > 1 or (:whole = 0 and d.digest is not null and d.digest <> s.digest)
 order by s.company, s.debtor_no;

-- name: sayings(company, debtor_no)
select debtor_name, person_type, contact_person, email, language, country, region, postcode, time_zone, potential_class, agent, head_office,
       credit_limit, legal_state, phone, phone2
  from saying where company = :company and debtor_no = :debtor_no order by line;

-- name: known_debtor(company, debtor_no, number)^
select d.debtor_name, d.person_type, d.contact_person, d.email, d.language, d.country, d.region, d.postcode, d.time_zone, d.potential_class,
       d.agent, d.head_office, d.credit_limit, d.legal_state,
       coalesce((select p.raw from ledger.number_version p where p.company = d.company and p.debtor_no = d.debtor_no and p.position = 1
                    and p.since <= :number and p.until > :number), '') as phone,
       coalesce((select p.raw from ledger.number_version p where p.company = d.company and p.debtor_no = d.debtor_no and p.position = 2
                    and p.since <= :number and p.until > :number), '') as phone2, d.digest
  from ledger.debtor_version d
 where d.company = :company and d.debtor_no = :debtor_no and d.since <= :number and d.until > :number;

-- name: add_chosen()*!
insert into chosen (company, debtor_no, digest) values (?, ?, ?);

-- name: take_judged!
insert into number
select c.n, j.position, case j.position when 1 then s.phone else s.phone2 end, j.e164, j.kind, j.zones, j.problem
  from chosen c cross join judged j on j.company = c.company and j.debtor_no = c.debtor_no and j.digest = c.digest
 cross join saying s on s.company = c.company and s.debtor_no = c.debtor_no and s.digest = c.digest;

-- name: telephones()
-- Those that nobody has judged yet.
select c.n, s.country, s.phone, s.phone2 from chosen c
  join saying s on s.company = c.company and s.debtor_no = c.debtor_no and s.digest = c.digest
 where (s.phone <> '' or s.phone2 <> '') and not exists (select 1 from number x where x.n = c.n);

-- name: every_telephone()
select company, debtor_no, digest, country, phone, phone2 from saying where phone <> '' or phone2 <> '';

-- name: add_judged()*!
insert into judged values (?, ?, ?, ?, ?, ?, ?, ?);

-- name: add_number()*!
insert into number values (?, ?, ?, ?, ?, ?, ?);

-- ---------------------------------------------------------------- the fast way: only records that differ from the latest snapshot's were parsed

-- name: latest_batch(source)^
select id, open_amount from ledger.batch where source = :source and status = 'accepted' order by seq desc limit 1;

-- name: has_ended$
select exists (select 1 from ledger.item_version where until < 2147483647);

-- name: standing_by_index(source)
-- As `standing` where no version has ended: in the index alone, seven times as quick. Whether any is in doubt stands beside it.
select company, count(*) as items, max(since) as since, 0 as doubtful from ledger.item_version indexed by item_by_source
 where source = :source and state = 'open' group by company;

-- name: standing(number, source)
-- The source's open items by company: how many, since which batch, any in doubt.
select company, count(*) as items, max(since) as since, max(doubtful) as doubtful from ledger.item_version
 where source = :source and state = 'open' and since <= :number and until > :number group by company;

-- name: debtors_changed_since(number, source, since)$
-- By anybody, after that batch, while they owe something of this source.
select exists (
  select 1 from ledger.debtor_version d
   where d.since > :since and d.since <= :number and d.until > :number
     and exists (select 1 from ledger.item_version i
                  where i.company = d.company and i.debtor_no = d.debtor_no and i.source = :source and i.state = 'open'
                    and i.since <= :number and i.until > :number));

-- name: add_gone()*!
insert into gone values (?, ?, ?);

-- name: named_twice(number, source)$
-- A row for an open item of this source whose former record is still there: two records for one item.
select exists (
  select 1 from item s cross join ledger.item_version i on i.company = s.company and i.debtor_no = s.debtor_no and i.item_no = s.item_no
   where i.since <= :number and i.until > :number and i.source = :source and i.state = 'open'
     and not exists (select 1 from gone g where g.company = s.company and g.debtor_no = s.debtor_no and g.item_no = s.item_no));

-- name: find_gone(number, verdict)!
insert into missing (company, debtor_no, item_no, verdict, was, fall, currency)
select i.company, i.debtor_no, i.item_no, :verdict, i.open_amount, fall(i.open_amount, 0), i.currency
  from gone g cross join ledger.item_version i
 where i.company = g.company and i.debtor_no = g.debtor_no and i.item_no = g.item_no and i.since <= :number and i.until > :number
   and g.company in (select company from scope)
   and not exists (select 1 from item s where s.company = g.company and s.debtor_no = g.debtor_no and s.item_no = g.item_no)
 order by i.company, i.debtor_no, i.item_no;

-- name: gone_amounts(number)
select i.currency, sum(i.open_amount) as amount from gone g
 cross join ledger.item_version i on i.company = g.company and i.debtor_no = g.debtor_no and i.item_no = g.item_no
 where i.since <= :number and i.until > :number group by i.currency;

-- name: half_changed(number, source)^
-- Debtors of whom the parsed rows say something new while other records of theirs stayed as they were.
select p.company, p.debtor_no from saying p
 where (select count(*) from ledger.item_version i
         where i.company = p.company and i.debtor_no = p.debtor_no and i.source = :source and i.state = 'open'
           and i.since <= :number and i.until > :number)
     > (select count(*) from gone g where g.company = p.company and g.debtor_no = p.debtor_no)
 limit 1;

-- name: unplain$
select exists (select 1 from item where open_amount = 0)
    or exists (select 1 from saying group by company, debtor_no having count(*) > 1);

-- name: items_by_company()
select company, count(*) from item group by company;
