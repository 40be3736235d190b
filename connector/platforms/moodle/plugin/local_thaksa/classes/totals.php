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
 * How much there is of everything, to find what vanished.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

/**
 * Numbers and checksums a course, of users who are not deleted.
 *
 * A checksum is the sum over the rows of ((user id * time) modulo 2147483647), which any client can compute from
 * what it was told: products of two numbers below 2^31 fit in 64 bits, and the sum of a million rows in 2^53.
 */
class totals {
    /** A prime: 2^31 - 1. */
    const MODULUS = 2147483647;

    /**
     * The totals of courses, by ascending id.
     *
     * @param courses $courses
     * @param bool $activities
     * @return array[] as get_totals returns them
     */
    public static function of(courses $courses, bool $activities): array {
        $ids = $courses->ids();
        $completions = self::completions($ids);
        $enrolments = self::enrolments($ids);
        $states = $activities ? self::activities($ids) : [];
        return array_map(fn(int $id): array => [
            'courseid' => $id,
            'completions' => $completions[$id]->amount ?? 0,
            'completionsum' => $completions[$id]->checksum ?? 0,
            'enrolments' => $enrolments[$id]->amount ?? 0,
            'enrolmentsum' => $enrolments[$id]->checksum ?? 0,
        ] + (!$activities ? [] : [
            'activities' => $states[$id]->amount ?? 0,
            'activitysum' => $states[$id]->checksum ?? 0,
        ]), $ids);
    }

    /**
     * Completions, with timecompleted.
     *
     * @param int[] $courseids
     * @return \stdClass[] amount and checksum by course id
     */
    private static function completions(array $courseids): array {
        return self::sums($courseids, 'SELECT cc.course AS courseid, cc.userid, cc.timecompleted AS stamp
               FROM {course_completions} cc JOIN {user} u ON u.id = cc.userid AND u.deleted = 0
              WHERE cc.timecompleted > 0 AND cc.course @courses');
    }

    /**
     * Learners who are enrolled, whatever the status, with timeenrolled.
     *
     * @param int[] $courseids
     * @return \stdClass[] amount and checksum by course id
     */
    private static function enrolments(array $courseids): array {
        return self::sums($courseids, 'SELECT e.courseid, ue.userid, MIN(ue.timecreated) AS stamp
               FROM {enrol} e JOIN {user_enrolments} ue ON ue.enrolid = e.id
               JOIN {user} u ON u.id = ue.userid AND u.deleted = 0
              WHERE e.courseid @courses
           GROUP BY e.courseid, ue.userid');
    }

    /**
     * States of activities, with timemodified.
     *
     * @param int[] $courseids
     * @return \stdClass[] amount and checksum by course id
     */
    private static function activities(array $courseids): array {
        return self::sums($courseids, 'SELECT cm.course AS courseid, cmc.userid, cmc.timemodified AS stamp
               FROM {course_modules} cm JOIN {course_modules_completion} cmc ON cmc.coursemoduleid = cm.id
               JOIN {user} u ON u.id = cmc.userid AND u.deleted = 0
              WHERE cm.completion <> 0 AND cm.deletioninprogress = 0 AND cm.course @courses');
    }

    /**
     * Number and checksum of rows.
     *
     * @param int[] $courseids
     * @param string $sql of courseid, userid and stamp, with @courses where the condition belongs
     * @return \stdClass[] by course id
     */
    private static function sums(array $courseids, string $sql): array {
        global $DB;
        [$in, $params] = $DB->get_in_or_equal($courseids, SQL_PARAMS_NAMED, 'c', true, -1);
        $term = $DB->sql_modulo('x.userid * x.stamp', self::MODULUS);
        return $DB->get_records_sql(
            "SELECT x.courseid, COUNT(x.userid) AS amount, SUM($term) AS checksum
               FROM (" . str_replace('@courses', $in, $sql) . ") x
           GROUP BY x.courseid",
            $params
        );
    }
}
