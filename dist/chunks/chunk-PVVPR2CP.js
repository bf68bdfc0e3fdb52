import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a as r}from"./chunk-VGJO6UFF.js";import{jc as o,kc as s,va as e,wc as i}from"./chunk-TZB6SKJ7.js";var c=s({name:e(),version:e(),digest:r,source:e(),createdAt:e(),tags:i(e(),e())}),d=o({name:e(),version:e(),digest:r});function m(t){return`${t.version}@${t.digest}`}export{d as a,m as b};
