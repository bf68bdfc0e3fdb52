import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{b as a,c as b,d as c,e as d,f as e}from"./chunk-Y27RPHWF.js";import"./chunk-IE7S5OL5.js";import"./chunk-NOMUTO7F.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{c as formatReference,d as isLoopback,a as isTag,e as originOf,b as parseReference};
