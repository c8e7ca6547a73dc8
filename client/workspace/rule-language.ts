/** What tells an order from a story, in English. Judged sentence by sentence; code and what stands in quotes is left out. */

export interface Sentence {
  readonly text: string
  /** Of the text that was split, from 0. */
  readonly line: number
}

/** What of a sentence tells of the past. */
export interface Trace {
  readonly what: 'reference' | 'time' | 'story'
  readonly words: string
}

const words = (list: string): string => list.trim().split(/\s+/).join('|')

/** Verbs with which people begin an order. */
const IMPERATIVES = new Set(
  `accept ack acknowledge add address adopt allow announce answer append apply approve archive ask assign assume attach avoid await back batch be begin block branch break brief bring broadcast build bump cache call
  cancel capture cast change check choose cite claim clean clear close collect combine commit compare compress confirm consider consult copy count create cut decide declare decline default defer define delegate
  delete demand deploy describe design discard dispatch do document download draft drop duplicate edit end enable ensure escalate estimate exclude expect explain expose fail fan fetch file fill filter find finish
  fix flag follow forget format forward freeze gate generate get give go group guard hand handle have hide hold ignore include inform insist inspect install invite isolate keep kill label leave let limit link list
  listen log look lower mail make mark match measure mention merge mind minimise minimize mock move mute name negotiate note notify number offer omit open order park pass paste pause pay pick pin ping place plan
  point poll post prefer prepare present preserve prevent prioritise prioritize probe propose prove publish pull purge push put query queue quote raise read rebase recheck record redact reduce refer refuse register
  reject release remember remind remove rename render reopen repeat replace reply report reproduce request require rerun reserve reset resolve respect restart restore restrict resume retire retry return reuse revert
  review rewrite roll rotate route run save say scan schedule scope score search seek send separate serve set share ship show sign silence skip sleep sort speak specify spell split squash stage start state stay steer stick
  stop store strip submit suggest summarise summarize supply surface switch sync tag take talk tell test think tidy time track treat trigger trim trust try tune turn undo update upgrade upload use validate verify
  wait wake warn watch weigh withdraw work wrap write`.split(/\s+/),
)
/** Words that may stand before the verb of an order. */
const LEADS = new Set('please then first also instead otherwise just always never only so and or but next finally afterwards even rather'.split(' '))

const MODAL = new RegExp(
  [
    String.raw`\b(?:must|shall|should|ought to)\b(?! have\b)`,
    String.raw`\b(?:do not|don['’]t|cannot|can['’]t|mustn['’]t|shouldn['’]t)\b`,
    String.raw`\b(?:always|never)\b(?! \w+ed\b)(?! (?:${words('was were came went got did had ran')})\b)`,
    String.raw`\b(?:may not|may only|needs? (?:to|no|an?|the|\w+['’]s)|ha(?:s|ve) to|(?:is|are) (?:not )?to be|(?:is|are) to(?= [a-z]))\b`,
    String.raw`\b(?:required|forbidden|prohibited|mandatory|off limits|not allowed|not permitted|not acceptable|out of scope)\b`,
    String.raw`^(?:no|nothing|nobody|only|every|each|at most|at least|one|two|three)\b(?!.*\b(?:was|were|did|had)\b)`,
    String.raw`\b(?:belongs?|goes?|go) (?:to|in|into|through|before|first|beside)\b`,
    String.raw`^(?:whoever|whatever|whichever)\b`,
    String.raw`\b(?:the person|owner|orchestrator|reviewer|author) (?:alone )?(?:decides|judges|approves|merges|signs|answers|has the last word)\b`,
    String.raw`\bwins\b|\b(?:takes?|has|have) precedence\b|\bcomes? (?:first|before)\b`,
  ].join('|'),
  'i',
)

/** Opens a clause in which a past form says when or which, not what happened. */
const SUBORDINATE = new RegExp(
  String.raw`\b(?:${words('if when whenever unless until once after before what whatever that which who whoever whom whose where wherever whether as than how why while everything anything nothing something those')})\b`,
  'i',
)
const REASON = /\b(?:because|since|as|after)\b/i
const MONTH = 'Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?'
const WEEKDAY = 'monday|tuesday|wednesday|thursday|friday|saturday|sunday'

const REFERENCES = [
  /(?<![\w/&])#\d{2,6}\b/,
  /\b(?:PR|MR|pull request|merge request|issue|ticket|bug)s? ?[#!]?\d+\b/i,
  /\/(?:pull|issues|merge_requests|commit)\/\w+/,
  /\b(?!(?:UTF|SHA|ISO|RFC|AES|RSA|TLS|SSL|HTTP|IPV|ES|GPT|MD|CP|USB|COVID|EU|US)-)[A-Z]{2,10}-\d{2,6}\b/,
  /\b(?=[a-z_]*\w*\d)[a-z]{2,6}_[0-9a-hjkmnp-tv-z]{7,}\b/,
  /\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}\b/,
]

const DATES = [
  /\b20\d\d-\d\d-\d\d\b/,
  /\b20\d\d\/\d\d\/\d\d\b/,
  new RegExp(String.raw`\b\d{1,2}(?:st|nd|rd|th)?\.? (?:of )?(?:${MONTH})\b(?:,? 20\d\d)?`),
  new RegExp(String.raw`\b(?:${MONTH}) \d{1,2}(?:st|nd|rd|th)?\b(?!:)(?:,? 20\d\d)?`),
]

const PAST_TIMES = [
  /\byesterday\b(?!['’]s)/i,
  /(?<!\b(?:more|older|longer|less|earlier) than )\b(?:a|an|one|two|three|four|five|six|several|a few|some|\d+) (?:minutes?|hours?|days?|weeks?|months?|years?|sprints?) ago\b/i,
  new RegExp(String.raw`\blast (?:night|week|month|year|sprint|quarter|spring|summer|autumn|fall|winter|${WEEKDAY})\b(?!['’]s)`, 'i'),
  /\b(?:this morning|the other day|earlier (?:today|this week|this month)|back then|in hindsight)\b/i,
]

/** Past forms that nothing else is read as. */
const PAST =
  words(`decided agreed chose switched moved tried found noticed saw learned learnt realised realized fixed merged reverted rolled broke lost spent wasted forgot missed deployed released shipped discussed talked
  asked told wanted said had went got did made was were used changed removed added started stopped ran wrote took came gave thought planned considered began kept left migrated rewrote built adopted dropped picked
  introduced approved rejected reported complained insisted suggested preferred requested pushed deleted overwrote voted settled concluded confirmed tested upgraded`)
const TOLD = words(
  'said asked told wanted decided complained insisted suggested noticed agreed preferred reported found broke forgot spent overwrote approved rejected requested merged reverted',
)
const PARTICIPLES =
  '[a-z]+ed|broken|lost|made|done|found|built|written|taken|given|chosen|sent|seen|told|shut|cut|split|left|set|put|hit|run|rewritten|withdrawn|overwritten'

const STORIES = [
  new RegExp(
    String.raw`\b(?:we|I|they|he|she|the team|the person|somebody|someone|everybody|everyone)(?:['’](?:ve|d))?(?: (?:have|had|has))?(?: (?:already|then|also|finally|later|just|once|both|all|never))* (?:${PAST})\b`,
    'i',
  ),
  /\b(?:it|they|we|this|there|he|she|I) used to \w+/i,
  /\b(?:turned out|ended up|it happened|this happened|went wrong|blew up|broke down|fell over|took (?:it|us|everything|(?:\w+ ){1,3}down|(?:\w+ )?\w+ (?:minutes|hours|days|weeks))|cost (?:us|the)|led to (?:a|an|the|two|three|several))\b/i,
]
/** In a sentence that orders nothing, or in the reason that one gives. */
const WEAK_STORIES = [
  new RegExp(String.raw`\b(?:was|were|(?:has|have|had) been|got)(?: (?:not|never|also|already|\w+ly))? (?:${PARTICIPLES})\b`, 'i'),
  new RegExp(
    String.raw`\b(?:${words('failed broke crashed went took led caused lost deleted overwrote leaked stalled stopped started came became landed worked ran reverted merged shipped deployed rolled brought hung blocked hit')})\b`,
    'i',
  ),
  /\b(?:was|were|had|did)\b/i,
]
const NAMED = new RegExp(String.raw`\b([A-Z][a-z]+) (?:also |then |already )?(?:${TOLD})\b`)

/** The sentences of a Markdown text, each with the line on which it begins. */
export function sentencesOf(text: string): readonly Sentence[] {
  const sentences: Sentence[] = []
  let isCode = false
  let paragraph: { readonly line: number; text: string }[] = []
  const flush = (): void => {
    sentences.push(...sentencesIn(paragraph))
    paragraph = []
  }
  for (const [line, raw] of text.split('\n').entries()) {
    const isFence = /^\s*(?:```|~~~)/.test(raw)
    if (isFence) isCode = !isCode
    const bare = raw.replace(/^\s*(?:>+\s*)?(?:[-*+]|\d+[.)]|#{1,6})\s+/, '')
    if (isFence || isCode || raw.trim() === '' || bare !== raw) flush()
    if (!isFence && !isCode && raw.trim() !== '') paragraph.push({ line, text: withoutQuotes(bare) })
  }
  flush()
  return sentences
}

/** Whether a sentence says what is to be done, or what must not be. */
export function isOrder({ text }: Pick<Sentence, 'text'>): boolean {
  if (MODAL.test(text)) return true
  return text.split(/[,;:–—()]|\band\b|\bthen\b/).some((clause) => beginsWithOrder(clause)) || /^for .*\b(?:use|ask)\b/i.test(text)
}

/** What of a sentence tells of the past; empty for a sentence that only rules. */
export function tracesIn(sentence: Pick<Sentence, 'text'>): readonly Trace[] {
  const { text } = sentence
  const references = matches(text, REFERENCES, 'reference')
  const times = matches(text, PAST_TIMES, 'time')
  return [...references, ...times, ...storiesIn(sentence)]
}

export function datesIn({ text }: Pick<Sentence, 'text'>): readonly string[] {
  return DATES.flatMap((pattern) => pattern.exec(text)?.[0] ?? [])
}

/** Times that mean another day to whoever reads them later. */
export function relativeTimesIn({ text }: Pick<Sentence, 'text'>): readonly string[] {
  const now = new RegExp(String.raw`\b(?:today|tomorrow|tonight|(?:next|this) (?:week|month|quarter|sprint|${WEEKDAY}))\b(?!['’]s)`, 'i').exec(text)?.[0]
  return [...(now === undefined ? [] : [now]), ...matches(text, PAST_TIMES, 'time').map((trace) => trace.words)]
}

/** Whether the patterns of this file can judge a text at all. */
export function isEnglish(text: string): boolean {
  const all = text.toLowerCase().match(/\p{L}+/gu) ?? []
  const known = all.filter(
    (word) =>
      /^(?:a|an|the|to|of|in|on|for|is|are|be|and|or|not|no|do|it|with|by|from|at|as|if|when|before|after|never|always|only|every|must|without|was|were|has|have|had|we|i|they|he|she|this|that|there|about|who|which|because)$/.test(
        word,
      ) || IMPERATIVES.has(word),
  )
  return known.length > 0 && known.length * 12 >= all.length
}

function storiesIn(sentence: Pick<Sentence, 'text'>): readonly Trace[] {
  const { text } = sentence
  const named = NAMED.exec(text)
  const isNamed =
    named !== null && !IMPERATIVES.has((named[1] ?? '').toLowerCase()) && !LEADS.has((named[1] ?? '').toLowerCase()) && !isWithin(text, named.index)
  const strong = STORIES.flatMap((pattern) => told(text, pattern))
  const found = [...(isNamed ? [named[0]] : []), ...strong]
  if (found.length === 0) found.push(...weakIn(sentence))
  return found.slice(0, 1).map((each) => ({ what: 'story', words: each }))
}

function weakIn(sentence: Pick<Sentence, 'text'>): readonly string[] {
  if (!isOrder(sentence)) return WEAK_STORIES.flatMap((pattern) => told(sentence.text, pattern))
  const reason = /\b(?:because|since)\b(.*)$/i.exec(sentence.text)?.[1]
  return reason === undefined ? [] : WEAK_STORIES.flatMap((pattern) => told(reason, pattern))
}

/** The match of a pattern that is not within a clause which only says when, or which one. */
function told(text: string, pattern: RegExp): string[] {
  for (const match of text.matchAll(new RegExp(pattern.source, `${pattern.flags}g`))) if (!isWithin(text, match.index)) return [match[0]]
  return []
}

function isWithin(text: string, at: number): boolean {
  const clause =
    text
      .slice(0, at)
      .split(/[,;:–—()]/)
      .at(-1) ?? ''
  const opener = SUBORDINATE.exec(clause)
  // "That took the site down": in front it stands for a thing.
  if (opener === null || (/^(?:that|those|something)$/i.test(opener[0]) && clause.slice(0, opener.index).trim() === '')) return false
  // "The deploy after which ..." tells; "because what we tried" gives a reason, which is a story all the same.
  return !REASON.test(clause) || /^(?:as|after)$/i.test(opener[0])
}

function beginsWithOrder(clause: string): boolean {
  for (const word of clause.trim().toLowerCase().split(/\s+/)) {
    if (IMPERATIVES.has(word.replace(/[^a-z-]/g, ''))) return true
    if (!LEADS.has(word)) return false
  }
  return false
}

function matches(text: string, patterns: readonly RegExp[], what: Trace['what']): Trace[] {
  return patterns.flatMap((pattern) => {
    const found = pattern.exec(text)?.[0]
    return found === undefined ? [] : [{ what, words: found }]
  })
}

function withoutQuotes(line: string): string {
  const blank = (found: string) => '_'.repeat(Math.min(found.length, 3))
  return line
    .replace(/<!--.*?-->/g, '')
    .replace(/`[^`]*`/g, blank)
    .replace(/"[^"]*"|“[^”]*”|«[^»]*»/g, blank)
    .replace(/\*+|(?<![\p{L}\p{N}])_+(?=\p{L})|(?<=\p{L})_+(?![\p{L}\p{N}])/gu, '')
}

function sentencesIn(paragraph: readonly { readonly line: number; readonly text: string }[]): Sentence[] {
  const whole = paragraph.map(({ text }) => text).join('\n')
  const found: Sentence[] = []
  for (const match of whole.matchAll(/[\s\S]+?(?:[.!?](?=\s+[\p{Lu}_(]|\s*$)|$)/gu)) {
    const text = match[0].replace(/\s+/g, ' ').trim()
    const before = whole.slice(0, match.index + (match[0].length - match[0].trimStart().length)).split('\n').length - 1
    if (text !== '') found.push({ text, line: paragraph[before]?.line ?? 0 })
  }
  return found
}
