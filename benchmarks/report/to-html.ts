import { escapeMarkup } from './escape-markup.ts';
import type { Block } from './report-parts.ts';

const style = `
:root { color-scheme: light dark; --line: #8885; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1120px; margin: 0 auto; padding: 24px; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 8px; border-top: 1px solid var(--line); padding-top: 20px; }
.verdict { font-size: 17px; background: var(--soft); border-left: 4px solid #0072B2; padding: 10px 14px; border-radius: 3px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; margin: 10px 0; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } th, td { white-space: nowrap; } .columns :is(th, td) { white-space: normal; } figure { margin: 18px 0; overflow-x: auto; } figcaption { font-size: 13px; opacity: .8; margin-bottom: 4px; }
figure svg { max-width: 100%; min-width: 560px; height: auto; background: #fff; border-radius: 4px; padding: 6px; }
details { margin: 10px 0; } summary { cursor: pointer; font-weight: 600; }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; } .columns table { font-size: 11.5px; }
@media (max-width: 760px) { .columns { grid-template-columns: 1fr; } }
footer { margin-top: 40px; font-size: 12px; opacity: .7; }`;

/**
 * A whole page: one file that loads nothing, with the raw values in it.
 * @param verdict one sentence
 * @param raw put into the page as JSON
 */
export function toHtml(title: string, verdict: string, blocks: readonly Block[], raw: unknown): string {
  // A "<" in JSON text could end the script; < is the same text.
  const json = JSON.stringify(raw).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeMarkup(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeMarkup(title)}</h1>
<p class="verdict">${escapeMarkup(verdict)}</p>
${blocks.map(toElement).join('\n')}
<footer>The raw values are in this page as JSON (element "raw") and in report.json beside it.</footer>
<script type="application/json" id="raw">${json}</script>
</body>
</html>
`;
}

function toElement(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h2>${escapeMarkup(block.text)}</h2>`;
    case 'text':
      return `<p>${escapeMarkup(block.text)}</p>`;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${escapeMarkup(item)}</li>`).join('')}</ul>`;
    case 'table':
      return `<div class="scroll"><table><thead>${row('th', block.columns)}</thead><tbody>${block.rows.map((cells) => row('td', cells)).join('')}</tbody></table></div>`;
    case 'chart':
      return `<figure><figcaption>${escapeMarkup(block.title)}</figcaption>${block.svg}</figure>`;
    case 'fold':
      return `<details><summary>${escapeMarkup(block.title)}</summary>${block.blocks.map(toElement).join('\n')}</details>`;
    case 'columns':
      return `<div class="columns"><div>${block.left.map(toElement).join('')}</div><div>${block.right.map(toElement).join('')}</div></div>`;
  }
}

function row(tag: 'th' | 'td', cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<${tag}>${escapeMarkup(cell).replaceAll('\n', '<br>')}</${tag}>`).join('')}</tr>`;
}
