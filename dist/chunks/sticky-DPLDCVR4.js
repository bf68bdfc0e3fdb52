import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b,c,d}from"./chunk-CTNSA4FR.js";import"./chunk-IE7S5OL5.js";import"./chunk-NOMUTO7F.js";import"./chunk-NPAJ4O4G.js";import"./chunk-XH426OQS.js";export{b as MARK_ROOM,d as keepComment,a as marked,c as nextStep};
