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
 * States of learners in activities.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

/**
 * Records of course_modules_completion. Deleted users are left out.
 */
class activities {
    /**
     * States that changed at or after a time, by course, activity and user.
     *
     * @param int[] $courseids
     * @param int $since
     * @param int[] $after course id, course module id and user id to start after
     * @param int $limit
     * @return array[] as get_changes returns them
     */
    public static function changed(array $courseids, int $since, array $after, int $limit): array {
        global $DB;
        [$in, $params] = $DB->get_in_or_equal($courseids, SQL_PARAMS_NAMED, 'c', true, -1);
        $params += ['since' => $since, 'ac1' => $after[0], 'ac2' => $after[0],
            'am1' => $after[1], 'am2' => $after[1], 'au' => $after[2]];
        $recordset = $DB->get_recordset_sql(
            "SELECT cm.course AS courseid, cm.id AS cmid, cmc.userid, cmc.completionstate AS state,
                    cmc.overrideby, cmc.timemodified
               FROM {course_modules} cm
               JOIN {course_modules_completion} cmc ON cmc.coursemoduleid = cm.id
               JOIN {user} u ON u.id = cmc.userid AND u.deleted = 0
              WHERE cm.course $in AND cm.completion <> 0 AND cm.deletioninprogress = 0 AND cmc.timemodified >= :since
                    AND (cm.course > :ac1 OR (cm.course = :ac2
                         AND (cm.id > :am1 OR (cm.id = :am2 AND cmc.userid > :au))))
           ORDER BY cm.course, cm.id, cmc.userid",
            $params,
            0,
            $limit
        );
        $found = [];
        foreach ($recordset as $row) {
            $found[] = (array)$row;
        }
        $recordset->close();
        return $found;
    }

    /**
     * What the web service tells of activities themselves.
     *
     * @param array[] $rows as changed() returns them
     * @return array[] by ascending course module id
     */
    public static function export(array $rows): array {
        $courses = array_column($rows, 'courseid', 'cmid');
        ksort($courses);
        $found = [];
        foreach ($courses as $cmid => $courseid) {
            $cms = get_fast_modinfo($courseid)->get_cms();
            if (isset($cms[$cmid])) {
                $found[] = ['cmid' => $cmid, 'courseid' => $courseid, 'modname' => $cms[$cmid]->modname,
                    'name' => courses::name($cms[$cmid]->name, $cms[$cmid]->context),
                    'visible' => $cms[$cmid]->visible];
            }
        }
        return $found;
    }
}
