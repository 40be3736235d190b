-- Who speaks for the learners of the batch: the agents of the accounts that are linked to them, as was known.
-- "cross join … where" is an inner join everywhere; in SQLite it also says that the tables are to be read in
-- this order, from the learner to the evidence. Left to choose without statistics it takes minutes.
select
  b.batch as batch,
  b.person_id as person_id,
  g.id as agent_id
from parameter p
cross join batch_learner b
cross join account_link l
cross join account c
cross join agent g
where b.batch = p.batch
  and l.person_id = b.person_id
  and l.linked_at <= p.known_at
  and (l.unlinked_at is null or l.unlinked_at > p.known_at)
  and c.id = l.account_id
  and g.home_page = c.home_page
  and g.account_name = c.name
