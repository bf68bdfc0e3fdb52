import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import"./chunk-D5X673HY.js";var a="sluice-drift",l=s=>`<!-- sluice:drift environment=${s} -->
`;function f(s,r,i,o){let[n,...d]=s.filter(({author:u,body:c})=>u===o&&c.replaceAll(`\r
`,`
`).startsWith(l(r))),t=(i===void 0&&n!==void 0?[n,...d]:d).map(u=>({kind:"close",issue:u}));if(i===void 0)return t;let e=`${l(r)}${i}`;return n===void 0?[{kind:"create",body:e}]:[{kind:"update",issue:n,body:e},...t]}async function p(s,r,i,o){let n=[];for await(let e of s.open(a))n.push(e);let d=`Environment ${r} has drifted`,t;for(let e of f(n,r,i,o))switch(e.kind){case"create":t=(await s.create({title:d,body:e.body,label:a})).url;break;case"update":t=(await s.update(e.issue.number,{title:d,body:e.body})).url;break;case"close":await s.close(e.issue.number);break;default:}return t}export{a as DRIFT_LABEL,f as issueSteps,p as keepDriftIssue};
