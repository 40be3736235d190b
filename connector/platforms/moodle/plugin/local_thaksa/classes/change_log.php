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
 * What changed where the tables of Moodle keep no trace of it.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

/**
 * The table local_thaksa_change: one row a kind, course and user, with the time of the last change.
 */
class change_log {
    /** The table. */
    const TABLE = 'local_thaksa_change';

    /** The state of a learner in a course (userid 0: of everybody in it) is to be told again. */
    const TOUCHED = 'touched';

    /** All completions of a course were deleted (userid 0). */
    const COMPLETION = 'completion';

    /** A learner was unenrolled from a course; another enrolment may remain. */
    const ENROLMENT = 'enrolment';

    /** A user was deleted (courseid 0). */
    const USER = 'user';

    /** A course was deleted (userid 0). */
    const COURSE = 'course';

    /**
     * Note that something changed now.
     *
     * @param string $kind one of the constants above
     * @param int $courseid 0: all courses
     * @param int $userid 0: everybody
     */
    public static function add(string $kind, int $courseid, int $userid): void {
        global $DB;
        $key = ['kind' => $kind, 'courseid' => $courseid, 'userid' => $userid];
        if ($id = $DB->get_field(self::TABLE, 'id', $key)) {
            $DB->set_field(self::TABLE, 'timechanged', time(), ['id' => $id]);
            return;
        }
        try {
            $DB->insert_record(self::TABLE, $key + ['timechanged' => time()]);
        } catch (\dml_write_exception $exception) {
            // Another process noted the same at the same moment.
            if (!$DB->record_exists(self::TABLE, $key)) {
                throw $exception;
            }
        }
    }

    /**
     * Forget a course: its row of kind COURSE says all.
     *
     * @param int $courseid
     */
    public static function forget_course(int $courseid): void {
        global $DB;
        $DB->delete_records(self::TABLE, ['courseid' => $courseid]);
    }

    /**
     * What is gone since a time, by ascending id.
     *
     * @param int[] $courseids the courses that the account may see; deleted courses and users are told beside them
     * @param int $since
     * @param int $after id to start after
     * @param int $limit
     * @return \stdClass[] id, kind, courseid, userid, timechanged
     */
    public static function gone(array $courseids, int $since, int $after, int $limit): array {
        global $DB;
        [$in, $params] = $DB->get_in_or_equal($courseids, SQL_PARAMS_NAMED, 'c', true, -1);
        $params += ['since' => $since, 'after' => $after, 'touched' => self::TOUCHED,
            'user' => self::USER, 'course' => self::COURSE];
        return $DB->get_records_select(
            self::TABLE,
            "timechanged >= :since AND id > :after AND kind <> :touched
                AND (kind = :user OR kind = :course OR courseid $in)",
            $params,
            'id',
            '*',
            0,
            $limit
        );
    }
}
