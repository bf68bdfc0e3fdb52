import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b}from"./chunk-FTYB52MH.js";import"./chunk-RYK3P2C2.js";import"./chunk-Y6Q6BIOH.js";import"./chunk-D4BPZXEI.js";import"./chunk-FPFTLNUO.js";import"./chunk-IE7S5OL5.js";import"./chunk-NOMUTO7F.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{a as clean,b as upkeepOf};
