"""How the page of a report looks: light and dark, on a screen and on a phone."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fff; --raised: #f5f6f8; --ink: #1c2430; --quiet: #5c6675;
  --rule: #d9dde4; --one: #2563a8; --two: #c2691d; --good: #1f7a4d; --bad: #b3362b;
  --heat: 37, 99, 168;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181f; --raised: #1d232c; --ink: #e4e8ee; --quiet: #9aa5b4;
    --rule: #333c48; --one: #6aa9e9; --two: #e8984f; --good: #62c493; --bad: #ee8479;
    --heat: 106, 169, 233;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.2rem 1rem 4rem; max-width: 62rem;
  background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei",
    sans-serif;
}
h1 { font-size: 1.5rem; margin: 0 0 .3rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .4rem; }
p, dl { margin: .4rem 0; }
.quiet { color: var(--quiet); font-size: .9rem; }
.note { border-left: 4px solid var(--two); padding: .3rem .8rem; margin: .6rem 0;
  background: var(--raised); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid var(--rule);
  vertical-align: top; }
th:first-child, td:first-child { text-align: left; min-width: 8.5rem; }
.figures td + td { white-space: nowrap; }
thead th { font-weight: 600; }
.words td { text-align: left; }
td small { display: block; color: var(--quiet); white-space: nowrap; }
.charts { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); }
figure { margin: 0; padding: .6rem; background: var(--raised); border-radius: 8px; }
figcaption { font-size: .9rem; color: var(--quiet); }
.chart { width: 100%; height: auto; display: block; }
.chart .ink { fill: var(--quiet); font-size: 12px; }
.chart polyline { fill: none; }
.chart .grid { stroke: var(--rule); stroke-width: 1; }
.chart .ideal { stroke: var(--quiet); stroke-width: 1.5; stroke-dasharray: 5 4; }
.chart .whisker { stroke: var(--one); stroke-width: 2; opacity: .45; }
.chart .curve { stroke: var(--one); stroke-width: 2.5; }
.one { fill: var(--one); } .two { fill: var(--two); }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; }
.key.one { background: var(--one); } .key.two { background: var(--two); }
.samples { display: grid; gap: .7rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); }
.sample { background: var(--raised); border-radius: 8px; padding: .6rem .8rem;
  overflow-wrap: anywhere; }
.sample p { margin: .15rem 0; }
.who { color: var(--quiet); font-size: .8rem; margin-right: .4em; }
.right { color: var(--good); } .wrong { color: var(--bad); }
.maps { display: grid; gap: 1.2rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.heat { width: auto; font-size: .85rem; border-collapse: separate;
  border-spacing: 1px; }
.heat th, .heat td, .heat th:first-child { min-width: 1.7rem; border: 0;
  padding: .15rem .3rem; text-align: center; font-weight: 400; white-space: nowrap; }
.heat td, .heat td:first-child { background: rgba(var(--heat), var(--w)); }
.heat tbody th:first-child { text-align: right; position: sticky; left: 0;
  background: var(--paper); }
details { margin: .5rem 0; } summary { cursor: pointer; }
code { font-size: .85em; overflow-wrap: anywhere; }
a { color: var(--one); }
"""
