-- Every statement about an activity that counts as known: by a linked account of a learner of the batch,
-- dated by the end of the day asked, stored and not voided at the time of knowledge.
-- "cross join … where" is an inner join everywhere; in SQLite it also says that the tables are to be read in
-- this order, from the learner to the evidence. Left to choose without statistics it takes minutes.
select
  b.batch as batch,
  b.person_id as person_id,
  p.as_of_day as as_of_day,
  p.known_at as known_at,
  e.seq as seq,
  a.iri as activity_iri,
  v.iri as verb_iri,
  e.level as level,
  e.score_scaled as score_scaled,
  coalesce(e.completion, true) as completion,
  coalesce(e.success, true) as success,
  e.timestamp as happened_at
from parameter p
cross join batch_learner b
cross join account_link l
cross join account c
cross join agent g
cross join evidence e
cross join activity a
cross join verb v
where b.batch = p.batch
  and l.person_id = b.person_id
  and l.linked_at <= p.known_at
  and (l.unlinked_at is null or l.unlinked_at > p.known_at)
  and c.id = l.account_id
  and g.home_page = c.home_page
  and g.account_name = c.name
  and e.agent_id = g.id
  and e.object_type = 'activity'
  and e.timestamp <= p.as_of_end
  and e.stored <= p.known_at
  and (e.voided_at is null or e.voided_at > p.known_at)
  and a.id = e.activity_id
  and v.id = e.verb_id
