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
 * The people that rows speak of.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

/**
 * Records of the table user.
 */
class users {
    /**
     * Learners whose account changed at or after a time, by ascending id: enrolled in one of the courses, or completed one.
     *
     * @param int[] $courseids
     * @param int $since
     * @param int $after id to start after
     * @param int $limit
     * @return int[]
     */
    public static function changed(array $courseids, int $since, int $after, int $limit): array {
        global $DB;
        [$enrolled, $params] = $DB->get_in_or_equal($courseids, SQL_PARAMS_NAMED, 'e', true, -1);
        [$completed, $completedparams] = $DB->get_in_or_equal($courseids, SQL_PARAMS_NAMED, 'c', true, -1);
        $found = $DB->get_records_sql(
            "SELECT u.id
               FROM {user} u
              WHERE u.timemodified >= :since AND u.id > :after
                    AND (EXISTS (SELECT 1 FROM {user_enrolments} ue JOIN {enrol} e ON e.id = ue.enrolid
                                  WHERE ue.userid = u.id AND e.courseid $enrolled)
                         OR EXISTS (SELECT 1 FROM {course_completions} cc
                                     WHERE cc.userid = u.id AND cc.course $completed))
           ORDER BY u.id",
            $params + $completedparams + ['since' => $since, 'after' => $after],
            0,
            $limit
        );
        return array_keys($found);
    }

    /**
     * What the web service tells of users, by ascending id. Deletion leaves no address or name of use.
     *
     * @param int[] $userids
     * @return array[]
     */
    public static function export(array $userids): array {
        global $DB;
        $names = implode(', ', \core_user\fields::get_name_fields());
        [$in, $params] = $DB->get_in_or_equal(array_unique($userids), SQL_PARAMS_NAMED, 'u', true, -1);
        $full = has_capability('moodle/site:viewfullnames', \context_system::instance());
        $users = $DB->get_records_select(
            'user',
            "id $in",
            $params,
            'id',
            "id, idnumber, email, username, deleted, suspended, $names"
        );
        return array_values(array_map(fn(\stdClass $user): array => [
            'id' => $user->id,
            'idnumber' => $user->idnumber,
            'fullname' => fullname($user, $full),
            'email' => $user->deleted ? '' : $user->email,
            'username' => $user->deleted ? '' : $user->username,
            'deleted' => $user->deleted,
            'suspended' => $user->suspended,
        ], $users));
    }
}
