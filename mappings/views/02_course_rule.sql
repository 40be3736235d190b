-- What approved mappings, in force on the day asked and recorded by the time of knowledge, accept: a verb said
-- of an activity, as completing it (complete) or as work under way (progress), with the worst level and, for
-- completions, the least score. part_id is the course that it is about: the mapping's own, or one of several
-- that the mapping asks for. The two times are here for the statements, so that engines take rules to leave few of
-- them, and apply these first: they are few, while learners are many, and lie far apart in memory.
select
  p.batch as batch,
  p.as_of_end as as_of_end,
  p.known_at as known_at,
  a.id as activity_id,
  v.id as verb_id,
  m.course_id as course_id,
  m.id as mapping_id,
  m.part_count as part_count,
  q.course_id as part_id,
  w.criterion as criterion,
  m.level_at_most as level_at_most,
  m.score_at_least as score_at_least
from parameter p
cross join activity a
cross join course_alias n
cross join mapping_part q
cross join mapping m
cross join framework_term f
cross join mapping_verb w
cross join verb v
where n.activity_iri = a.iri
  and n.recorded_at <= p.known_at
  and (n.ended_at is null or n.ended_at > p.known_at)
  and n.valid_from <= p.as_of_day
  and (n.valid_to is null or n.valid_to >= p.as_of_day)
  and q.course_id = n.course_id
  and m.id = q.mapping_id
  and m.status = 'approved'
  and m.recorded_at <= p.known_at
  and (m.ended_at is null or m.ended_at > p.known_at)
  and m.valid_from <= p.as_of_day
  and (m.valid_to is null or m.valid_to >= p.as_of_day)
  and f.framework_id = m.framework_id
  and f.recorded_at <= p.known_at
  and (f.superseded_at is null or f.superseded_at > p.known_at)
  and f.valid_from <= p.as_of_day
  and (f.valid_to is null or f.valid_to >= p.as_of_day)
  and w.mapping_id = m.id
  and v.iri = w.verb_iri
