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
 * Which learners of which courses have changed.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

/**
 * Pairs of a course and a learner whose state is to be told. Deleted users are left out.
 */
class pairs {
    /**
     * Pairs that changed at or after a time, by course and user. Since 0: everybody who is enrolled or has completed.
     *
     * @param int[] $courseids
     * @param int $since
     * @param int $now enrolments that began or ended by then have changed
     * @param int[] $after course id and user id to start after
     * @param int $limit
     * @return int[][] course id, user id
     */
    public static function changed(array $courseids, int $since, int $now, array $after, int $limit): array {
        global $DB;
        $branches = $since ? self::changes($courseids, $since, $now) : self::everybody($courseids);
        $params = ['ac1' => $after[0], 'ac2' => $after[0], 'au' => $after[1]];
        foreach ($branches as [, $branchparams]) {
            $params += $branchparams;
        }
        $sql = "SELECT x.courseid, x.userid
                  FROM (" . implode(' UNION ', array_column($branches, 0)) . ") x
                  JOIN {user} u ON u.id = x.userid AND u.deleted = 0
                 WHERE x.courseid > :ac1 OR (x.courseid = :ac2 AND x.userid > :au)
              ORDER BY x.courseid, x.userid";
        $found = [];
        $recordset = $DB->get_recordset_sql($sql, $params, 0, $limit);
        foreach ($recordset as $row) {
            $found[] = [(int)$row->courseid, (int)$row->userid];
        }
        $recordset->close();
        return $found;
    }

    /**
     * The SELECTs of a first reading.
     *
     * @param int[] $courseids
     * @return array[] SQL and parameters
     */
    private static function everybody(array $courseids): array {
        return [
            self::branch($courseids, 'e.courseid', 'SELECT e.courseid, ue.userid
                FROM {user_enrolments} ue JOIN {enrol} e ON e.id = ue.enrolid WHERE '),
            self::branch($courseids, 'cc.course', 'SELECT cc.course, cc.userid
                FROM {course_completions} cc WHERE cc.timecompleted > 0 AND '),
        ];
    }

    /**
     * The SELECTs of a later reading. Only the change log knows what has vanished or carries an old time.
     *
     * @param int[] $courseids
     * @param int $since
     * @param int $now
     * @return array[] SQL and parameters
     */
    private static function changes(array $courseids, int $since, int $now): array {
        $times = ['since' => $since];
        $touched = $times + ['k1' => change_log::TOUCHED, 'k2' => change_log::ENROLMENT];
        $all = $times + ['k1' => change_log::TOUCHED, 'k2' => change_log::COMPLETION];
        return [
            self::branch($courseids, 'e.courseid', 'SELECT e.courseid, ue.userid
                FROM {user_enrolments} ue JOIN {enrol} e ON e.id = ue.enrolid
               WHERE (ue.timemodified >= :since OR e.timemodified >= :since2
                      OR (ue.timestart >= :since3 AND ue.timestart <= :now)
                      OR (ue.timeend >= :since4 AND ue.timeend <= :now2)) AND ', [
                'since' => $since, 'since2' => $since, 'since3' => $since, 'since4' => $since,
                'now' => $now, 'now2' => $now,
            ]),
            self::branch($courseids, 'cc.course', 'SELECT cc.course, cc.userid
                FROM {course_completions} cc WHERE (cc.timecompleted >= :since OR cc.timestarted >= :since2) AND ',
                ['since' => $since, 'since2' => $since]),
            self::branch($courseids, 'gi.courseid', "SELECT gi.courseid, gg.userid
                FROM {grade_items} gi JOIN {grade_grades} gg ON gg.itemid = gi.id
               WHERE gi.itemtype = 'course' AND gg.timemodified >= :since AND ", $times),
            self::branch($courseids, 'cm.course', 'SELECT cm.course, cmc.userid
                FROM {course_modules_completion} cmc JOIN {course_modules} cm ON cm.id = cmc.coursemoduleid
               WHERE cmc.timemodified >= :since AND ', $times),
            self::branch($courseids, 'ch.courseid', 'SELECT ch.courseid, ch.userid
                FROM {local_thaksa_change} ch
               WHERE ch.userid > 0 AND ch.timechanged >= :since AND (ch.kind = :k1 OR ch.kind = :k2) AND ', $touched),
            self::branch($courseids, 'ch.courseid', 'SELECT e.courseid, ue.userid
                FROM {local_thaksa_change} ch
                JOIN {enrol} e ON e.courseid = ch.courseid JOIN {user_enrolments} ue ON ue.enrolid = e.id
               WHERE ch.userid = 0 AND ch.timechanged >= :since AND (ch.kind = :k1 OR ch.kind = :k2) AND ', $all),
            self::branch($courseids, 'ch.courseid', 'SELECT cc.course, cc.userid
                FROM {local_thaksa_change} ch JOIN {course_completions} cc ON cc.course = ch.courseid
               WHERE ch.userid = 0 AND ch.timechanged >= :since AND (ch.kind = :k1 OR ch.kind = :k2) AND ', $all),
        ];
    }

    /**
     * One SELECT, limited to some courses. Its parameters get names of their own.
     *
     * @param int[] $courseids
     * @param string $column the course
     * @param string $sql ends where the condition on the course belongs
     * @param int[]|string[] $params
     * @return array SQL and parameters
     */
    private static function branch(array $courseids, string $column, string $sql, array $params = []): array {
        global $DB;
        static $number = 0;
        $prefix = 'b' . ++$number;
        [$in, $inparams] = $DB->get_in_or_equal($courseids, SQL_PARAMS_NAMED, $prefix . 'c', true, -1);
        foreach ($params as $name => $value) {
            $sql = preg_replace("/:$name\\b/", ":$prefix$name", $sql);
            $inparams[$prefix . $name] = $value;
        }
        return ["$sql $column $in", $inparams];
    }
}
