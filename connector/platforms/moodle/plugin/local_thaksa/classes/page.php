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
 * One page of what changed.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

/**
 * Reads streams one after the other until a page is full.
 *
 * Each stream is paged by a key that never changes (course, user), and every page answers for the time at which
 * the first one was asked: what changes while pages are read is told now or at the next reading, and never lost.
 */
class page {
    /** The streams: the functions of this class that read them, in order. */
    const STREAMS = ['gone', 'users', 'rows', 'activities'];

    /** Changes carry the time at which they were made; they may be committed that much later. */
    const LATE_SECONDS = 300;

    /** Courses a query in a later reading. In a first one it is one: there nearly every row is told. */
    const COURSES_A_QUERY = 1000;

    /** @var courses */
    private $courses;

    /** @var int */
    private $since;

    /** @var int */
    private $limit;

    /** @var cursor where the page starts */
    private $cursor;

    /** @var bool is this the first page of a reading? */
    private $first;

    /** @var string[] */
    private $streams;

    /**
     * A page.
     *
     * @param courses $courses
     * @param int $since
     * @param string $after the cursor of the page before, '' for the first
     * @param int $limit entries a page
     * @param bool $activities
     * @param int $now
     */
    public function __construct(courses $courses, int $since, string $after, int $limit, bool $activities, int $now) {
        $this->courses = $courses;
        $this->since = $since;
        $this->limit = $limit;
        $this->first = $after === '';
        $this->cursor = $this->first ? new cursor(self::STREAMS[0], $now) : cursor::parse($after);
        $this->streams = $activities ? self::STREAMS : array_diff(self::STREAMS, ['activities']);
    }

    /**
     * Reads the page.
     *
     * @return array as get_changes returns it, without the current time
     */
    public function read(): array {
        $found = array_fill_keys(self::STREAMS, []);
        $room = $this->limit;
        $next = '';
        $start = array_search($this->cursor->stream, $this->streams);
        foreach (array_slice($this->streams, (int)$start) as $stream) {
            $key = $stream === $this->cursor->stream ? $this->cursor->key : [0, 0, 0];
            $items = $this->$stream($key, $room + 1);
            if (count($items) > $room) {
                $items = array_slice($items, 0, $room);
                $key = $items ? self::key($stream, end($items)) : $key;
                $next = (string)new cursor($stream, $this->cursor->began, $key);
            }
            $found[$stream] = $items;
            $room -= count($items);
            if ($next !== '') {
                break;
            }
        }
        return $this->told($found) + ['until' => $this->cursor->began - self::LATE_SECONDS, 'next' => $next];
    }

    /**
     * The page as it is told: with the courses and users that it mentions.
     *
     * @param array[] $found entries by stream
     * @return array
     */
    private function told(array $found): array {
        $rows = states::of($found['rows'], $this->cursor->began);
        $users = array_merge(
            array_filter(array_column($found['gone'], 'userid')),
            $found['users'],
            array_column($rows, 'userid'),
            array_column($found['activities'], 'userid')
        );
        $courses = array_merge(
            $this->first ? $this->courses->changed($this->since) : [],
            array_column($rows, 'courseid'),
            array_column($found['activities'], 'courseid')
        );
        return [
            'users' => users::export($users),
            'courses' => $this->courses->export(array_values(array_unique($courses))),
            'gone' => $found['gone'],
            'rows' => $rows,
            'modules' => activities::export($found['activities']),
            'activities' => $found['activities'],
        ];
    }

    /**
     * The key of an entry.
     *
     * @param string $stream
     * @param mixed $item
     * @return int[]
     */
    private static function key(string $stream, $item): array {
        switch ($stream) {
            case 'gone':
                return [$item['id'], 0, 0];
            case 'users':
                return [$item, 0, 0];
            case 'rows':
                return [$item[0], $item[1], 0];
            default:
                return [$item['courseid'], $item['cmid'], $item['userid']];
        }
    }

    /**
     * What is gone. A first reading tells what is there, and needs nothing of it.
     *
     * @param int[] $after
     * @param int $limit
     * @return array[]
     */
    private function gone(array $after, int $limit): array {
        $found = $this->since ? change_log::gone($this->courses->ids(), $this->since, $after[0], $limit) : [];
        return array_map(fn(\stdClass $row): array => (array)$row + ['time' => $row->timechanged], array_values($found));
    }

    /**
     * Users that changed. A first reading tells them with their rows.
     *
     * @param int[] $after
     * @param int $limit
     * @return int[]
     */
    private function users(array $after, int $limit): array {
        return $this->since ? users::changed($this->courses->ids(), $this->since, $after[0], $limit) : [];
    }

    /**
     * Learners whose state in a course changed.
     *
     * @param int[] $after
     * @param int $limit
     * @return int[][]
     */
    private function rows(array $after, int $limit): array {
        return $this->by_course($after, $limit, fn(array $courseids, int $room): array =>
            pairs::changed($courseids, $this->since, $this->cursor->began, $after, $room));
    }

    /**
     * Activities whose state changed for a learner.
     *
     * @param int[] $after
     * @param int $limit
     * @return array[]
     */
    private function activities(array $after, int $limit): array {
        return $this->by_course($after, $limit, fn(array $courseids, int $room): array =>
            activities::changed($courseids, $this->since, $after, $room));
    }

    /**
     * Reads a stream that is ordered by course, some courses at a time.
     *
     * @param int[] $after
     * @param int $limit
     * @param callable $read
     * @return array[]
     */
    private function by_course(array $after, int $limit, callable $read): array {
        $left = array_filter($this->courses->ids(), fn(int $id): bool => $id >= $after[0]);
        $found = [];
        foreach (array_chunk($left, $this->since ? self::COURSES_A_QUERY : 1) as $courseids) {
            $found = array_merge($found, $read($courseids, $limit - count($found)));
            if (count($found) >= $limit) {
                break;
            }
        }
        return $found;
    }
}
