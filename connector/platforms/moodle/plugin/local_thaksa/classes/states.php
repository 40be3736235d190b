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
 * The state of learners in courses.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/completionlib.php');

/**
 * One row a learner and course, from a fixed number of queries a page and one a course (roles).
 */
class states {
    /**
     * The rows of pairs, in their order.
     *
     * @param int[][] $pairs course id, user id
     * @param int $now
     * @return array[] as get_changes returns them
     */
    public static function of(array $pairs, int $now): array {
        $users = [];
        foreach ($pairs as [$courseid, $userid]) {
            $users[$courseid][] = $userid;
        }
        $courseids = array_keys($users);
        $userids = array_values(array_unique(array_column($pairs, 1)));
        $enrolled = enrolments::states($courseids, $userids, $now);
        $completions = self::completions($courseids, $userids);
        $done = self::done($courseids, $userids);
        $grades = grades::finals($courseids, $userids, $now);
        $access = self::last_access($courseids, $userids);
        $activities = courses::activities($courseids);
        $tracked = [];
        foreach ($users as $courseid => $ids) {
            $tracked[$courseid] = enrolments::tracked($courseid, $ids);
        }
        return array_map(fn(array $pair): array => self::row(
            $pair,
            $enrolled[$pair[0]][$pair[1]] ?? ['status' => 'none', 'timeenrolled' => null, 'timemodified' => 0],
            isset($tracked[$pair[0]][$pair[1]]),
            $completions[$pair[0]][$pair[1]] ?? null,
            $done[$pair[0]][$pair[1]] ?? null,
            (int)($activities[$pair[0]] ?? 0),
            $grades[$pair[0]][$pair[1]] ?? null,
            $access[$pair[0]][$pair[1]] ?? null
        ), $pairs);
    }

    /**
     * One row.
     *
     * @param int[] $pair course id, user id
     * @param array $enrolment see enrolments
     * @param bool $hasrole
     * @param \stdClass|null $completion timestarted, timecompleted
     * @param \stdClass|null $done amount, timemodified
     * @param int $activities
     * @param \stdClass|null $grade see grades
     * @param \stdClass|null $access timeaccess
     * @return array
     */
    private static function row(
        array $pair,
        array $enrolment,
        bool $hasrole,
        ?\stdClass $completion,
        ?\stdClass $done,
        int $activities,
        ?\stdClass $grade,
        ?\stdClass $access
    ): array {
        $active = $enrolment['status'] === 'active';
        $timecompleted = (int)($completion->timecompleted ?? 0);
        $timestarted = (int)($completion->timestarted ?? 0);
        $number = (int)($done->amount ?? 0);
        return [
            'courseid' => $pair[0],
            'userid' => $pair[1],
            'status' => $enrolment['status'],
            'timeenrolled' => $enrolment['timeenrolled'],
            'tracked' => $active && $hasrole,
            // Of somebody who is not actively enrolled "not completed" is not known: cron has stopped looking.
            'completed' => $timecompleted ? true : ($active ? false : null),
            'timestarted' => $timestarted ?: null,
            'timecompleted' => $timecompleted ?: null,
            'done' => $number,
            'progress' => $active && $hasrole ? self::progress($timecompleted, $number, $activities) : null,
            'lastaccess' => $access->timeaccess ?? null,
            'timemodified' => max(
                $enrolment['timemodified'],
                $timestarted,
                $timecompleted,
                (int)($done->timemodified ?? 0),
                $grade->timemodified ?? 0
            ),
        ] + ($grade->told ?? grades::NONE);
    }

    /**
     * Percent, as core_completion\progress tells it.
     *
     * @param int $timecompleted
     * @param int $done
     * @param int $activities
     * @return float|null null: there are no activities to complete
     */
    private static function progress(int $timecompleted, int $done, int $activities): ?float {
        if ($timecompleted) {
            return 100.0;
        }
        return $activities ? ($done / $activities) * 100 : null;
    }

    /**
     * Records of course_completions.
     *
     * @param int[] $courseids
     * @param int[] $userids
     * @return \stdClass[][] by course id and user id
     */
    private static function completions(array $courseids, array $userids): array {
        return self::by_pair($courseids, $userids, 'SELECT cc.course AS courseid, cc.userid, cc.timestarted, cc.timecompleted
               FROM {course_completions} cc WHERE cc.course @courses AND cc.userid @users');
    }

    /**
     * How many activities learners have completed, and when an activity last changed for them.
     *
     * @param int[] $courseids
     * @param int[] $userids
     * @return \stdClass[][] by course id and user id
     */
    private static function done(array $courseids, array $userids): array {
        $states = COMPLETION_COMPLETE . ', ' . COMPLETION_COMPLETE_PASS;
        return self::by_pair($courseids, $userids, "SELECT cm.course AS courseid, cmc.userid,
                    SUM(CASE WHEN cmc.completionstate IN ($states) THEN 1 ELSE 0 END) AS amount,
                    MAX(cmc.timemodified) AS timemodified
               FROM {course_modules} cm JOIN {course_modules_completion} cmc ON cmc.coursemoduleid = cm.id
              WHERE cm.course @courses AND cmc.userid @users
           GROUP BY cm.course, cmc.userid");
    }

    /**
     * When learners were last in the courses.
     *
     * @param int[] $courseids
     * @param int[] $userids
     * @return \stdClass[][] by course id and user id
     */
    private static function last_access(array $courseids, array $userids): array {
        return self::by_pair($courseids, $userids, 'SELECT la.courseid, la.userid, la.timeaccess
               FROM {user_lastaccess} la WHERE la.courseid @courses AND la.userid @users');
    }

    /**
     * Records by course id and user id.
     *
     * @param int[] $courseids
     * @param int[] $userids
     * @param string $sql with @courses and @users where the conditions belong
     * @return \stdClass[][]
     */
    private static function by_pair(array $courseids, array $userids, string $sql): array {
        global $DB;
        [$courses, $params] = $DB->get_in_or_equal($courseids, SQL_PARAMS_NAMED, 'c', true, -1);
        [$users, $userparams] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED, 'u', true, -1);
        $sql = str_replace(['@courses', '@users'], [$courses, $users], $sql);
        $found = [];
        $recordset = $DB->get_recordset_sql($sql, $params + $userparams);
        foreach ($recordset as $row) {
            $found[$row->courseid][$row->userid] = $row;
        }
        $recordset->close();
        return $found;
    }
}
