import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{g as c}from"./chunk-6L3KW4CM.js";function f({runtime:r},p,u,b,t={}){let{title:n,columns:e,rows:l,below:a=0}=p,i=c(e,l),s=e.length-a,d=(o,y)=>({columns:[...o>0?e.slice(0,1):[],...e.slice(o,y)],rows:l.map(m=>[...o>0?m.slice(0,1):[],...m.slice(o,y)])});return r.log.emit({kind:"table",title:n,...d(0,s)}),a>0&&r.log.emit({kind:"table",title:"",...d(s,e.length)}),{command:"operate",outcome:t.outcome??"done",message:u,...t.remedy===void 0?{}:{remedy:t.remedy},outputs:{table:i},data:b,summary:`### ${n}

${i}
`}}export{f as a};
