import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b,c,d}from"./chunk-IRKYXZJ6.js";import"./chunk-IE7S5OL5.js";import"./chunk-NOMUTO7F.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{b as MARK_ROOM,d as keepComment,a as marked,c as nextStep};
