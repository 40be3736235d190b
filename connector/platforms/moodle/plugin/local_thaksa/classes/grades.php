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
 * Final grades of courses.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/gradelib.php');

/**
 * The total of the gradebook, as the user report shows it. Hidden grades are not told.
 */
class grades {
    /** What is told of a learner without a grade. */
    const NONE = ['grade' => null, 'grademin' => null, 'grademax' => null, 'gradescaled' => null];

    /**
     * The final grade of each learner in each course. Those who have none are absent.
     *
     * @param int[] $courseids
     * @param int[] $userids
     * @param int $now
     * @return \stdClass[][] by course id and user id: told (the keys of NONE), timemodified
     */
    public static function finals(array $courseids, array $userids, int $now): array {
        global $DB;
        [$courses, $params] = $DB->get_in_or_equal($courseids, SQL_PARAMS_NAMED, 'c', true, -1);
        [$users, $userparams] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED, 'u', true, -1);
        $recordset = $DB->get_recordset_sql(
            "SELECT gi.courseid, gg.userid, gg.finalgrade, gg.rawgrademin, gg.rawgrademax, gg.timemodified,
                    gi.grademin, gi.grademax, gi.calculation
               FROM {grade_items} gi
               JOIN {grade_grades} gg ON gg.itemid = gi.id
              WHERE gi.itemtype = 'course' AND gi.gradetype = :value AND gg.finalgrade IS NOT NULL
                    AND (gi.hidden = 0 OR (gi.hidden > 1 AND gi.hidden <= :now1))
                    AND (gg.hidden = 0 OR (gg.hidden > 1 AND gg.hidden <= :now2))
                    AND gi.courseid $courses AND gg.userid $users",
            $params + $userparams + ['value' => GRADE_TYPE_VALUE, 'now1' => $now, 'now2' => $now]
        );
        $found = [];
        foreach ($recordset as $row) {
            $found[$row->courseid][$row->userid] =
                (object)['told' => self::told($row), 'timemodified' => (int)$row->timemodified];
        }
        $recordset->close();
        return $found;
    }

    /**
     * A grade and its range. In a total that is not calculated the range is the learner's own (excluded items).
     *
     * @param \stdClass $row
     * @return float[]|null[]
     */
    private static function told(\stdClass $row): array {
        global $CFG;
        $own = empty($row->calculation) ||
            grade_get_setting($row->courseid, 'minmaxtouse', $CFG->grade_minmaxtouse) == GRADE_MIN_MAX_FROM_GRADE_GRADE;
        $min = (float)($own ? $row->rawgrademin : $row->grademin);
        $max = (float)($own ? $row->rawgrademax : $row->grademax);
        $grade = (float)$row->finalgrade;
        return [
            'grade' => $grade,
            'grademin' => $min,
            'grademax' => $max,
            'gradescaled' => $max > $min ? min(1.0, max(0.0, ($grade - $min) / ($max - $min))) : null,
        ];
    }
}
