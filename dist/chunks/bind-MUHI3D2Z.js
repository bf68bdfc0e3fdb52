import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{b as a,c as b,d as c,e as d}from"./chunk-QCBBQVKD.js";import"./chunk-P7FBEIQP.js";import"./chunk-F3REY6L2.js";import"./chunk-ZLNMQCBZ.js";import"./chunk-IE7S5OL5.js";import"./chunk-NOMUTO7F.js";import"./chunk-D5X673HY.js";export{c as bound,d as digestOfFile,a as groundOf,b as look};
