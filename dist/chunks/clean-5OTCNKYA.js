import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b}from"./chunk-VTM7D7GY.js";import"./chunk-BPBJCSS3.js";import"./chunk-IQE2ABZS.js";import"./chunk-D4BPZXEI.js";import"./chunk-IE7S5OL5.js";import"./chunk-NOMUTO7F.js";import"./chunk-BBIZGGQM.js";import"./chunk-NPAJ4O4G.js";import"./chunk-XH426OQS.js";export{a as clean,b as upkeepOf};
