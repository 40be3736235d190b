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
 * The courses that track completion and that the account may see.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

use core_external\external_settings;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../compat.php');

/**
 * Courses with completion tracking in which the account has moodle/course:view
 * (and moodle/course:viewhiddencourses where the course is hidden).
 */
class courses {
    /** @var \stdClass[] course records by ascending id */
    private $records;

    /**
     * Reads the courses.
     *
     * @param int[] $wanted ids; none: all. Ids that are unknown, untracked or closed to the account are left out.
     */
    public function __construct(array $wanted) {
        global $CFG, $DB;
        $this->records = [];
        if (empty($CFG->enablecompletion)) {
            return;
        }
        $params = ['level' => CONTEXT_COURSE, 'site' => SITEID];
        $where = '';
        if ($wanted) {
            [$in, $inparams] = $DB->get_in_or_equal($wanted, SQL_PARAMS_NAMED, 'w');
            $where = "AND c.id $in";
            $params += $inparams;
        }
        $context = \context_helper::get_preload_record_columns_sql('ctx');
        $sql = "SELECT c.id, c.shortname, c.fullname, c.idnumber, c.lang, c.visible, c.timemodified, $context
                  FROM {course} c
                  JOIN {context} ctx ON ctx.instanceid = c.id AND ctx.contextlevel = :level
                 WHERE c.enablecompletion = 1 AND c.id <> :site $where
              ORDER BY c.id";
        foreach ($DB->get_records_sql($sql, $params) as $course) {
            \context_helper::preload_from_record($course);
            if (self::is_open($course)) {
                $this->records[$course->id] = $course;
            }
        }
    }

    /**
     * The ids, ascending.
     *
     * @return int[]
     */
    public function ids(): array {
        return array_keys($this->records);
    }

    /**
     * Those whose settings changed since a time.
     *
     * @param int $since
     * @return int[]
     */
    public function changed(int $since): array {
        return array_keys(array_filter($this->records, fn($course): bool => $course->timemodified >= $since));
    }

    /**
     * How many activities count for progress, as completion_info::get_activities() counts them.
     *
     * @param int[] $courseids
     * @return int[] by course id; courses without any are absent
     */
    public static function activities(array $courseids): array {
        global $DB;
        [$in, $params] = $DB->get_in_or_equal($courseids, SQL_PARAMS_NAMED, 'c', true, -1);
        return $DB->get_records_sql_menu(
            "SELECT cm.course, COUNT(cm.id)
               FROM {course_modules} cm
               JOIN {modules} m ON m.id = cm.module AND m.visible = 1
              WHERE cm.course $in AND cm.completion <> 0 AND cm.deletioninprogress = 0
           GROUP BY cm.course",
            $params
        );
    }

    /**
     * What the web service tells of courses.
     *
     * @param int[] $courseids
     * @return array[]
     */
    public function export(array $courseids): array {
        global $DB;
        [$in, $params] = $DB->get_in_or_equal($courseids, SQL_PARAMS_NAMED, 'c', true, -1);
        $criteria = $DB->get_records_sql_menu(
            "SELECT course, COUNT(id) FROM {course_completion_criteria} WHERE course $in GROUP BY course",
            $params
        );
        $activities = self::activities($courseids);
        sort($courseids);
        return array_map(fn(int $id): array => self::told($this->records[$id]) + [
            'hascriteria' => isset($criteria[$id]),
            'activities' => $activities[$id] ?? 0,
        ], $courseids);
    }

    /**
     * What the record of a course tells.
     *
     * @param \stdClass $course
     * @return array
     */
    private static function told(\stdClass $course): array {
        $context = \context_course::instance($course->id);
        return [
            'id' => $course->id,
            'shortname' => self::name($course->shortname, $context),
            'fullname' => self::name($course->fullname, $context),
            'idnumber' => $course->idnumber,
            'lang' => $course->lang,
            'visible' => $course->visible,
        ];
    }

    /**
     * May the account see the course?
     *
     * @param \stdClass $course
     * @return bool
     */
    private static function is_open(\stdClass $course): bool {
        $context = \context_course::instance($course->id);
        return has_capability('moodle/course:view', $context)
            && ($course->visible || has_capability('moodle/course:viewhiddencourses', $context));
    }

    /**
     * A name as core web services format it.
     *
     * @param string $text
     * @param \context $context
     * @return string
     */
    public static function name(string $text, \context $context): string {
        $options = ['context' => $context, 'filter' => external_settings::get_instance()->get_filter()];
        return format_string($text, true, $options);
    }
}
