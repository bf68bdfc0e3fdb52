import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a as r}from"./chunk-2CGFHY6R.js";import{g as e,t as o,u as s,y as i}from"./chunk-5XXFR2IT.js";var c=s({name:e(),version:e(),digest:r,source:e(),createdAt:e(),tags:i(e(),e())}),d=o({name:e(),version:e(),digest:r});function m(t){return`${t.version}@${t.digest}`}export{d as a,m as b};
