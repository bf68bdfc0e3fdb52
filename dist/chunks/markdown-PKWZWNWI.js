import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b,c}from"./chunk-53PORE2V.js";import"./chunk-U7OPUY6G.js";import"./chunk-YZAMGQJN.js";import"./chunk-D4BPZXEI.js";import"./chunk-IE7S5OL5.js";import"./chunk-NOMUTO7F.js";import"./chunk-D5X673HY.js";export{a as COMMENT_LIMIT,c as headline,b as planMarkdown};
