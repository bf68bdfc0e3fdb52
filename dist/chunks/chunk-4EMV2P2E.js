import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a as r}from"./chunk-QMHJ5PYX.js";import{D as o,E as s,I as i,k as e}from"./chunk-TXVXW3EB.js";var c=s({name:e(),version:e(),digest:r,source:e(),createdAt:e(),tags:i(e(),e())}),d=o({name:e(),version:e(),digest:r});function m(t){return`${t.version}@${t.digest}`}export{d as a,m as b};
