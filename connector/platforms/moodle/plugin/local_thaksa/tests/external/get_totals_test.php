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
 * Tests of local_thaksa_get_totals.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa\external;

use local_thaksa\course_testcase;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../course_testcase.php');

/**
 * How many completions and enrolments each course has.
 *
 * @covers \local_thaksa\external\get_totals
 */
final class get_totals_test extends course_testcase {
    public function test_totals_are_those_of_the_rows(): void {
        global $DB;
        foreach ([2, 2, 1, 0] as $done) {
            $this->learner($done);
        }
        $deleted = $this->learner(2);
        delete_user($DB->get_record('user', ['id' => $deleted]));
        $this->assertSame([$this->expected()], $this->totals());
        $this->assertSame(2, $this->expected()['completions']);
    }

    public function test_completions_that_vanish_without_an_event_change_the_totals(): void {
        $this->learner(2);
        $before = $this->totals();
        (new \completion_info($this->course))->delete_course_completion_data();
        $after = $this->totals();
        $this->assertSame([1, 0], [$before[0]['completions'], $after[0]['completions']]);
        $this->assertSame($before[0]['enrolmentsum'], $after[0]['enrolmentsum']);
    }

    public function test_the_site_is_named(): void {
        global $CFG;
        $this->assertSame($CFG->wwwroot, $this->answer(get_totals::class)['siteurl']);
    }

    public function test_the_capability_is_needed(): void {
        $this->setUser($this->getDataGenerator()->create_user());
        $this->expectException(\required_capability_exception::class);
        get_totals::execute();
    }

    /**
     * The totals that the web service tells.
     *
     * @return array[]
     */
    private function totals(): array {
        return $this->answer(get_totals::class, [], ['activities' => true])['courses'];
    }

    /**
     * The totals that a client computes from what it was told.
     *
     * @return array
     */
    private function expected(): array {
        $answer = $this->answer(get_changes::class, 0, '', 5000, [], ['activities' => true]);
        $completed = array_filter($answer['rows'], fn(array $row): bool => (bool)$row['completed']);
        $enrolled = array_filter($answer['rows'], fn(array $row): bool => $row['status'] !== 'none');
        return [
            'courseid' => (int)$this->course->id,
            'completions' => count($completed),
            'completionsum' => $this->sum($completed, 'timecompleted'),
            'enrolments' => count($enrolled),
            'enrolmentsum' => $this->sum($enrolled, 'timeenrolled'),
            'activities' => count($answer['activities']),
            'activitysum' => $this->sum($answer['activities'], 'timemodified'),
        ];
    }

    /**
     * The checksum of rows.
     *
     * @param array[] $rows
     * @param string $time
     * @return int
     */
    private function sum(array $rows, string $time): int {
        return array_sum(array_map(fn(array $row): int => $row['userid'] * $row[$time] % 2147483647, $rows));
    }
}
