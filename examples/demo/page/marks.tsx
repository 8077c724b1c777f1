// What was done to the server, as dated lines across the timeline.
import type { ReactNode } from 'react'
import type { History } from './history.ts'

interface MarksProps {
  readonly marks: History['marks']
  readonly x: (at: number) => number
  readonly right: number
  readonly bottom: number
}

export function Marks({ marks, x, right, bottom }: MarksProps): ReactNode {
  // Two rows of labels; whoever finds no room in either stays a line without a word.
  const rowEnds = [-Infinity, -Infinity]
  return marks.map(({ at, label }) => {
    const line = x(at)
    const width = 12 + label.length * 7
    // What has just happened has its label on the left of its line, where there is room.
    const start = line + width > right ? line - width : line
    const row = rowEnds.findIndex((end) => end <= start)
    if (row !== -1) rowEnds[row] = start + width
    return (
      <g key={at} className="mark" transform={`translate(${line} 0)`}>
        <line y1={row === 1 ? 16 : 2} y2={bottom} />
        {row !== -1 && (
          <text x={start < line ? -4 : 4} y={12 + row * 14} textAnchor={start < line ? 'end' : 'start'}>
            {label}
          </text>
        )}
      </g>
    )
  })
}
