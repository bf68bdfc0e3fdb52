import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{g as p}from"./chunk-QR5UZHVJ.js";function f({runtime:r},u,l,b,n={}){let{title:a,columns:e,rows:o,below:i=0}=u,s=p(e,o),d=e.length-i,y=(t,m)=>({columns:[...t>0?e.slice(0,1):[],...e.slice(t,m)],rows:o.map(c=>[...t>0?c.slice(0,1):[],...c.slice(t,m)])});return o.length>0&&r.log.emit({kind:"table",title:a,...y(0,d)}),o.length>0&&i>0&&r.log.emit({kind:"table",title:"",...y(d,e.length)}),{command:"operate",outcome:n.outcome??"done",message:l,...n.remedy===void 0?{}:{remedy:n.remedy},outputs:{table:s},data:b,summary:`### ${a}

${o.length>0?s:l}
`}}export{f as a};
