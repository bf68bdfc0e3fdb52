/** The page's own colours, for light and dark screens; figures draw with the same variables. */
export const STYLE = `
:root { color-scheme: light dark;
  --ground: #f6f7f9; --surface: #ffffff; --text: #1b2330; --quiet: #5a6575; --line: #b9c1cc; --edge: #e2e6ec;
  --challenger: #1f6feb; --champion: #8a6d3b;
  --promote: #1a7f4b; --reject: #c0362c; --inconclusive: #9a6700; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #0f141b; --surface: #18202a; --text: #e6eaf0; --quiet: #9aa7b8; --line: #4a5666; --edge: #2a3442;
  --challenger: #6cb0ff; --champion: #d8b26a;
  --promote: #4cc38a; --reject: #ff7b72; --inconclusive: #e3b341; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 1.6rem; margin: 0; line-height: 1.2; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0 0 8px; }
h3 { font-size: .9rem; margin: 12px 0 0; font-weight: 600; overflow-wrap: anywhere; }
p { margin: 4px 0; } .quiet { color: var(--quiet); font-size: .875rem; }
.card { background: var(--surface); border: 1px solid var(--edge); border-radius: 10px; padding: 16px; margin-top: 16px; min-width: 0; }
.verdict { border-left: 6px solid var(--says); } .verdict strong { color: var(--says); }
.promote { --says: var(--promote); } .reject { --says: var(--reject); } .inconclusive { --says: var(--inconclusive); }
.pair { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); margin-top: 16px; align-items: start; }
.three { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 280px), 1fr)); margin-top: 16px; align-items: start; }
.stack { display: grid; gap: 16px; min-width: 0; } .pair .card, .three .card { margin-top: 0; }
ul.reasons { list-style: none; margin: 0; padding: 0; }
ul.reasons li { padding: 6px 0 6px 28px; position: relative; border-top: 1px solid var(--edge); overflow-wrap: anywhere; }
ul.reasons li:first-child { border-top: 0; }
ul.reasons li::before { position: absolute; left: 2px; font-weight: 700; color: var(--says); content: var(--mark); }
li.promote { --mark: "✓"; } li.reject { --mark: "✗"; } li.inconclusive { --mark: "?"; }
.legend { display: flex; gap: 16px; flex-wrap: wrap; font-size: .875rem; }
.legend span::before { content: ""; display: inline-block; width: 18px; height: 4px; border-radius: 2px; margin-right: 6px; vertical-align: middle; background: var(--key); }
.of-challenger { --key: var(--challenger); } .of-champion { --key: var(--champion); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th, td { text-align: left; padding: 6px 12px 6px 0; border-top: 1px solid var(--edge); white-space: nowrap; }
thead th { border-top: 0; color: var(--quiet); font-weight: 500; } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 0; } figure svg { width: 100%; height: auto; max-width: 480px; --plot-background: var(--surface); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0; font-size: .875rem; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .8125rem; }
@media (max-width: 480px) { main { padding: 12px 10px 32px; } h1 { font-size: 1.3rem; } .card { padding: 12px; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; } }
`
