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
 * Where a reading by pages stands.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

/**
 * A keyset cursor: the last key that was read of a stream, and the time at which the reading began.
 */
class cursor {
    /** @var string which list: page::STREAMS */
    public $stream;

    /** @var int when the first page was read */
    public $began;

    /** @var int[] the three parts of the last key */
    public $key;

    /**
     * A cursor.
     *
     * @param string $stream
     * @param int $began
     * @param int[] $key three numbers
     */
    public function __construct(string $stream, int $began, array $key = [0, 0, 0]) {
        $this->stream = $stream;
        $this->began = $began;
        $this->key = $key;
    }

    /**
     * The cursor that a client sent back.
     *
     * @param string $text
     * @return self
     */
    public static function parse(string $text): self {
        $pattern = '/^(' . implode('|', page::STREAMS) . ')-(\d{1,12})-(\d{1,18})-(\d{1,18})-(\d{1,18})$/D';
        if (!preg_match($pattern, $text, $found)) {
            throw new \invalid_parameter_exception('after: not a cursor of local_thaksa_get_changes');
        }
        return new self($found[1], (int)$found[2], array_map('intval', array_slice($found, 3)));
    }

    /**
     * The text that a client sends back.
     *
     * @return string
     */
    public function __toString(): string {
        return $this->stream . '-' . $this->began . '-' . implode('-', $this->key);
    }
}
