<?php
// This file is part of Moodle - http://moodle.org/
//
// Moodle is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// Moodle is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with Moodle.  If not, see <http://www.gnu.org/licenses/>.

/**
 * Whether learners are enrolled now.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

/**
 * The enrolments of learners in courses, several methods taken together.
 */
class enrolments {
    /** Rank of a status: an active enrolment counts before one that is none. */
    const RANK = ['active' => 4, 'suspended' => 3, 'future' => 2, 'ended' => 1];

    /**
     * The state of each learner in each course. Those who are not enrolled are absent.
     *
     * @param int[] $courseids
     * @param int[] $userids
     * @param int $now
     * @return array[][] by course id and user id: status, timeenrolled, timemodified
     */
    public static function states(array $courseids, array $userids, int $now): array {
        global $DB;
        [$courses, $params] = $DB->get_in_or_equal($courseids, SQL_PARAMS_NAMED, 'c', true, -1);
        [$users, $userparams] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED, 'u', true, -1);
        $recordset = $DB->get_recordset_sql(
            "SELECT e.courseid, ue.userid, ue.status, e.status AS disabled, ue.timestart, ue.timeend,
                    ue.timecreated, ue.timemodified
               FROM {user_enrolments} ue
               JOIN {enrol} e ON e.id = ue.enrolid
              WHERE e.courseid $courses AND ue.userid $users",
            $params + $userparams
        );
        $states = [];
        foreach ($recordset as $row) {
            $state = &$states[$row->courseid][$row->userid];
            $state = self::together($state, $row, $now);
            unset($state);
        }
        $recordset->close();
        return $states;
    }

    /**
     * Which of the users have a role whose completion is tracked in the course.
     *
     * @param int $courseid
     * @param int[] $userids
     * @return bool[] true by user id
     */
    public static function tracked(int $courseid, array $userids): array {
        global $DB;
        $context = \context_course::instance($courseid);
        $join = get_with_capability_join($context, 'moodle/course:isincompletionreports', 'u.id');
        [$users, $params] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED, 'u', true, -1);
        $found = $DB->get_fieldset_sql(
            "SELECT DISTINCT u.id FROM {user} u $join->joins WHERE $join->wheres AND u.id $users",
            $join->params + $params
        );
        return array_fill_keys($found, true);
    }

    /**
     * A state with one more enrolment.
     *
     * @param array|null $state
     * @param \stdClass $row
     * @param int $now
     * @return array
     */
    private static function together(?array $state, \stdClass $row, int $now): array {
        $status = self::status($row, $now);
        if ($state === null) {
            return ['status' => $status, 'timeenrolled' => (int)$row->timecreated,
                'timemodified' => (int)$row->timemodified];
        }
        return [
            'status' => self::RANK[$status] > self::RANK[$state['status']] ? $status : $state['status'],
            'timeenrolled' => min($state['timeenrolled'], (int)$row->timecreated),
            'timemodified' => max($state['timemodified'], (int)$row->timemodified),
        ];
    }

    /**
     * The status of one enrolment.
     *
     * @param \stdClass $row
     * @param int $now
     * @return string
     */
    private static function status(\stdClass $row, int $now): string {
        if ($row->status != ENROL_USER_ACTIVE || $row->disabled != ENROL_INSTANCE_ENABLED) {
            return 'suspended';
        }
        if ($row->timestart > $now) {
            return 'future';
        }
        return $row->timeend && $row->timeend <= $now ? 'ended' : 'active';
    }
}
